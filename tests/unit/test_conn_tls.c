/* SPDX-License-Identifier: ISC */
/* Connections under TLS, with a certificate made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/unit/conn_ends.h"

static char *certificate, *key;
static size_t certificate_size, key_size;

static struct conn_tls *
server_tls(void)
{
	const char *why = "";
	struct conn_tls *tls = conn_tls_server(certificate, certificate_size,
	    key, key_size, &why);

	assert_string_equal(why, "");
	assert_non_null(tls);
	return tls;
}

static void
start_both(bool verify, const char *name)
{
	const char *why = "";
	struct conn_tls *c = conn_tls_client(verify ? certificate : NULL,
	    verify ? certificate_size : 0, verify, &why);

	assert_non_null(c);
	server.start_tls = server_tls();
	connect_both("127.0.0.1");
	conn_write(client.c, "STARTTLS\r\n", 10);
	runs_until_bytes(&client, 8);
	buf_clear(&client.got);
	buf_clear(&server.got);
	conn_start_tls(client.c, c, name);
	conn_tls_free(c);
}

static void
end_tls(void)
{
	server.start_tls = conn_tls_free(server.start_tls);
}

static void
test_starttls(void **state)
{
	(void)state;
	start_both(true, "mx.test.example");
	end_tls();		/* the session holds what it needs */
	server.start_tls = NULL;
	server.echo = true;
	conn_write(client.c, "EHLO early\r\n", 12);
	runs_until(&client.tls_ups);
	assert_string_equal(client.version, "TLSv1.3");
	assert_true(conn_is_tls(client.c));
	runs_until_bytes(&client, 12);
	assert_memory_equal(buf_bytes(&client.got), "EHLO early\r\n", 12);
	assert_int_equal(server.tls_ups, 1);
	conn_finish(client.c);
	client.c = NULL;
	runs_until(&server.closed);
	assert_string_equal(server.why, "eof");
}

static void
test_tls_big_both_ways(void **state)
{
	(void)state;
	start_both(false, NULL);
	runs_until(&client.tls_ups);
	server.to_send = client.to_send = BIG;
	pump(&client);
	pump(&server);
	runs_until_bytes(&client, BIG);
	runs_until_bytes(&server, BIG);
	assert_memory_equal(buf_bytes(&client.got), big, BIG);
	assert_memory_equal(buf_bytes(&server.got), big, BIG);
	end_tls();
}

static void
test_tls_pause(void **state)
{
	(void)state;
	start_both(false, NULL);
	runs_until(&client.tls_ups);
	conn_pause(server.c);
	client.to_send = BIG;
	pump(&client);
	for (int i = 0; i < 50; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(buf_len(&server.got), 0);
	conn_resume(server.c);
	runs_until_bytes(&server, BIG);
	end_tls();
}

static void
test_tls_finish_flushes(void **state)
{
	(void)state;
	start_both(false, NULL);
	runs_until(&server.tls_ups);
	conn_write(server.c, big, BIG);
	conn_finish(server.c);
	server.c = NULL;
	runs_until(&client.closed);
	assert_int_equal(buf_len(&client.got), BIG);
	end_tls();
}

static void
test_tls_wrong_name(void **state)
{
	(void)state;
	start_both(true, "other.example");
	runs_until(&client.closed);
	assert_int_equal(client.tls_ups, 0);
	assert_non_null(strstr(client.why, "other.example"));
	end_tls();
}

static void
test_tls_bad_files(void **state)
{
	const char *why = "";

	(void)state;
	assert_null(conn_tls_client(key, key_size, true, &why));
	assert_true(strlen(why) > 0);
	assert_null(conn_tls_client(NULL, 0, true, &why));
	assert_null(conn_tls_server("x", 1, key, key_size, &why));
	assert_true(strlen(why) > 0);
}

static void
test_tls_garbage(void **state)
{
	(void)state;
	server.start_tls = server_tls();
	connect_both("127.0.0.1");
	conn_write(client.c, "STARTTLS\r\n", 10);
	runs_until_bytes(&client, 8);
	conn_write(client.c, "EHLO plain\r\n", 12);
	runs_until(&server.closed);
	assert_int_equal(server.tls_ups, 0);
	assert_true(strlen(server.why) > 0);
	end_tls();
}

/* A server that starts TLS by itself, as when a command was kept until an
 * answer came, with what is no handshake in the socket already. */
static void
test_tls_garbage_waits(void **state)
{
	struct conn_tls *tls = server_tls();

	(void)state;
	connect_both("127.0.0.1");
	conn_pause(server.c);
	conn_write(client.c, "this is no handshake at all\r\n", 29);
	usleep(20000);
	conn_write(server.c, "220 go\r\n", 8);
	conn_start_tls(server.c, tls, NULL);
	assert_int_equal(server.closed, 0);
	runs_until(&server.closed);
	assert_string_not_equal(server.why, "eof");
	conn_tls_free(tls);
}

static char *
pem_text(BIO *bio, size_t *ret_size)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);
	char *copy = malloc((size_t)n);

	assert_non_null(copy);
	memcpy(copy, data, (size_t)n);
	*ret_size = (size_t)n;
	BIO_free(bio);
	return copy;
}

static void
make_certificate(void)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_EXTENSION *names;
	BIO *out = BIO_new(BIO_s_mem());

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pkey);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"mx.test.example", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	    "DNS:mx.test.example");
	X509_add_ext(x, names, -1);
	X509_EXTENSION_free(names);
	assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
	PEM_write_bio_X509(out, x);
	certificate = pem_text(out, &certificate_size);
	out = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL);
	key = pem_text(out, &key_size);
	X509_free(x);
	EVP_PKEY_free(pkey);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		T(test_starttls), T(test_tls_big_both_ways),
		T(test_tls_pause), T(test_tls_finish_flushes),
		T(test_tls_wrong_name), T(test_tls_bad_files),
		T(test_tls_garbage),
		T(test_tls_garbage_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	int failed;

	make_certificate();
	failed = run_in_namespace("conn_tls", run);
	free(certificate);
	free(key);
	return failed;
}
