/* SPDX-License-Identifier: ISC */
/*
 * mx6d-smtp: the SMTP server.  It opens no file and connects to nobody: it
 * accepts on sockets that it was given, asks mx6d-auth, mx6d-policy,
 * mx6d-filter and mx6d-queue, and writes to files that the queue opened.
 */
#include "smtpd/smtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "smtpd/check_pair.h"
#include "smtpd/smtp_admin_ipc.h"
#include "util/fdio.h"
#include "util/log.h"
#include "util/number.h"
#include "util/trace.h"

#define PEM_MAX		(256 * 1024)
/* Twice a message; a restart takes less. */
#define AUTH_ABSENT_MS	1000

struct smtp smtp = { .visits = LIST_HEAD_INITIALIZER(smtp.visits) };


uint64_t
smtp_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* The name in replies and trace fields. */
static bool
set_hostname(const struct config *config)
{
	char name[DOMAIN_SIZE] = "";

	if (config->hostname[0] != '\0')
		strcpy_bounded(name, sizeof name, config->hostname);
	else if (gethostname(name, sizeof name - 1) != 0)
		return false;
	strcpy_bounded(smtp.hostname, sizeof smtp.hostname, name);
	return true;
}

/* false: a certificate or key is there but cannot be used. */
static bool
load_tls(const struct child_files *files)
{
	char *certificate, *key;
	size_t certificate_size = 0, key_size = 0;
	struct conn_tls *tls = NULL;
	const char *why = "cannot be read";

	if (files->certificate < 0 || files->key < 0) {
		smtp.tls = conn_tls_free(smtp.tls);
		smtp.env.tls_available = false;
		return true;
	}
	certificate = fdio_read_all(files->certificate, PEM_MAX,
	    &certificate_size);
	key = fdio_read_all(files->key, PEM_MAX, &key_size);
	if (certificate != NULL && key != NULL)
		tls = conn_tls_server(certificate, certificate_size, key,
		    key_size, &why);
	free(certificate);
	if (key != NULL)
		explicit_bzero(key, key_size);
	free(key);
	if (tls == NULL) {
		log_say(LOG_LEVEL_ERROR, "tls", "certificate or key: %s", why);
		return false;
	}
	conn_tls_free(smtp.tls);
	smtp.tls = tls;
	smtp.env.tls_available = true;
	return true;
}

static bool
prepare(struct child *child, const struct child_files *files)
{
	uint32_t random;

	smtp.child = child;
	smtp.env.config = child->config;
	smtp.env.hostname = smtp.hostname;
	smtp.env.ids = &smtp.ids;
	smtp.env.report = log_report;
	smtp.env.refused = log_refused_recipient;
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		random = (uint32_t)getpid();
	id_source_init(&smtp.ids, child->index, random);
	trace_init(child->loop);
	ipc_peer_expect(child_peer(PROCESS_AUTH), AUTH_ABSENT_MS);
	if (!set_hostname(child->config)) {
		log_say(LOG_LEVEL_ERROR, "start", "no host name");
		return false;
	}
	smtp.limits = limits_open(files->shared, child->index, child->count);
	if (smtp.limits == NULL) {
		log_say(LOG_LEVEL_ERROR, "start", "shared counters: %s",
		    strerror(errno));
		return false;
	}
	close(files->shared);
	return load_tls(files);
}

/* Sessions go on; limits and names are read anew at each use.  A certificate
 * that cannot be used leaves the old one in force. */
static void
reload(struct child *child, const struct config *old,
    const struct child_files *files)
{
	(void)old;
	smtp.env.config = child->config;
	set_hostname(child->config);
	load_tls(files);
	dry_reload();
	smtp_listen_reload();
}

static void
stop(struct child *child)
{
	smtp.stopping = true;
	smtp_listen_stop();
	visit_stop_all();
	if (smtp.visit_count == 0)
		child_exit(child);
}

/* For `mx6d -n`, which has no TLS library in it: the certificate and the key
 * are at these descriptors. */
static int
check_pair(void)
{
	const struct child_files files = { CHECK_CERTIFICATE_FD, CHECK_KEY_FD,
	    -1, -1 };

	log_open("tls", false);
	return load_tls(&files) ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const struct child_spec spec = {
		.name = "smtp",
		.kind = PROCESS_SMTP,
		.sandbox = SANDBOX_SMTP,
		.serves = { [PROCESS_OPERATOR] = smtp_admin },
		.asks = { [PROCESS_AUTH] = true, [PROCESS_POLICY] = true,
		    [PROCESS_FILTER] = true, [PROCESS_QUEUE] = true },
		.prepare = prepare,
		.reload = reload,
		.listener = smtp_listen_set,
		.stop = stop,
	};

	if (argc == 2 && strcmp(argv[1], CHECK_OPTION) == 0)
		return check_pair();
	return child_main(argc, argv, &spec);
}
