/* SPDX-License-Identifier: ISC */
/*
 * The way of a message's signatures:
 *
 *	dkim_check_new	dkim_screen reads each field; what it lets through
 *			(usable) asks for its key
 *	first of wants_body, body, end
 *			keys are judged (ready); if any is good the library
 *			gets the header and checks the signatures over it
 *	body		to the library, if any such signature was right
 *	end		what the library says, and the settings, become rows
 *
 * The library sees only DKIM-Signature fields that are usable, so its list
 * is ours, in the same order; still each of its entries is compared.  It
 * learns a key only from the callback, never from DNS or a file.
 */
#include "policy/dkim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <opendkim/dkim.h>

#include "policy/dkim_inner.h"
#include "util/number.h"

#define RSA_BITS_LEAST	1024		/* RFC 8301 3.2 */
#define ED25519_BITS	256

static DKIM_LIB *library;

static struct dkim_question *
find_question(struct dkim_check *check, DKIM_SIGINFO *sig)
{
	const char *selector = (const char *)dkim_sig_getselector(sig);
	const char *domain = (const char *)dkim_sig_getdomain(sig);
	char name[DOMAIN_SIZE];

	if (selector == NULL || domain == NULL ||
	    !dkim_screen_question(selector, domain, name))
		return NULL;
	for (size_t i = 0; i < check->question_count; i++) {
		if (strcmp(check->questions[i].name, name) == 0)
			return &check->questions[i];
	}
	return NULL;
}

/* The library asks for a key. */
static DKIM_CBSTAT
give_key(DKIM *handle, DKIM_SIGINFO *sig, unsigned char *text, size_t size)
{
	struct dkim_check *check = dkim_get_user_context(handle);
	struct dkim_question *question = find_question(check, sig);

	if (question == NULL || question->key.result != DKIM_RESULT_PASS ||
	    strlen(question->key.text) >= size)
		return DKIM_CBSTAT_NOTFOUND;
	strcpy_bounded((char *)text, size, question->key.text);
	return DKIM_CBSTAT_CONTINUE;
}

void
dkim_start(void)
{
	/* Failed signatures stay in its list. */
	unsigned flags = DKIM_LIBFLAGS_BADSIGHANDLES;
	unsigned bits = RSA_BITS_LEAST;

	if (library != NULL)
		return;
	library = dkim_init(NULL, NULL);
	if (library == NULL ||
	    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags,
	    sizeof flags) != DKIM_STAT_OK ||
	    dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits,
	    sizeof bits) != DKIM_STAT_OK ||
	    dkim_set_key_lookup(library, give_key) != DKIM_STAT_OK)
		abort();
}

void
dkim_library_free(struct dkim *handle)
{
	dkim_free(handle);
}

static bool
give_header(struct dkim_check *check)
{
	/* In dkim_canon_selecthdrs the library writes one pointer behind a list
	 * of all fields if h= names all of them and more: this field, which no
	 * h= can name for the blank in it, keeps that place free. */
	static unsigned char guard[] = "not to be signed: x";
	size_t k = 0;

	if (dkim_header(check->handle, guard, sizeof guard - 1) !=
	    DKIM_STAT_OK)
		return false;
	for (size_t i = 0; i < check->header->count; i++) {
		const struct header_field *field = &check->header->fields[i];
		size_t n = (size_t)(field->value + field->value_length -
		    field->name);

		if (dkim_is_signature(field) && (k == check->count ||
		    !check->parts[k++].screen.usable))
			continue;
		if (dkim_header(check->handle, (unsigned char *)field->name,
		    n) != DKIM_STAT_OK)
			return false;
	}
	return true;
}

/* The library's list, if it is ours; else NULL. */
static DKIM_SIGINFO **
signatures(struct dkim_check *check)
{
	DKIM_SIGINFO **list = NULL;
	int count = 0, k = 0;

	if (dkim_getsiglist(check->handle, &list, &count) != DKIM_STAT_OK)
		return NULL;
	for (size_t i = 0; i < check->count; i++) {
		if (!check->parts[i].screen.usable)
			continue;
		if (k == count || find_question(check, list[k]) !=
		    check->parts[i].question)
			return NULL;
		k++;
	}
	return k == count ? list : NULL;
}

/* Is there a signature over the header that is right, so that the body
 * matters? */
static bool
header_right(struct dkim_check *check)
{
	DKIM_SIGINFO **list = signatures(check);
	size_t k = 0;

	if (list == NULL)
		return false;
	for (size_t i = 0; i < check->count; i++) {
		if (!check->parts[i].screen.usable)
			continue;
		if (check->parts[i].ready && (dkim_sig_getflags(list[k]) &
		    DKIM_SIGFLAG_PASSED) != 0)
			return true;
		k++;
	}
	return false;
}

static void
start(struct dkim_check *check)
{
	DKIM_STAT status = DKIM_STAT_OK;

	if (check->started)
		return;
	check->started = true;
	if (!dkim_check_keys(check))
		return;
	dkim_start();
	check->handle = dkim_verify(library, (const unsigned char *)"-", NULL,
	    &status);
	if (check->handle == NULL)
		abort();
	dkim_set_user_context(check->handle, check);
	if (!give_header(check) ||
	    dkim_eoh(check->handle) != DKIM_STAT_OK ||
	    signatures(check) == NULL) {
		dkim_check_refuse(check, "the header cannot be read");
		return;
	}
	check->wants_body = header_right(check);
}

bool
dkim_check_wants_body(struct dkim_check *check)
{
	start(check);
	return check->wants_body;
}

void
dkim_check_body(struct dkim_check *check, const void *bytes, size_t n)
{
	if (dkim_check_wants_body(check) && n > 0 &&
	    dkim_body(check->handle, (unsigned char *)(uintptr_t)bytes, n) !=
	    DKIM_STAT_OK) {
		dkim_check_refuse(check, "the body cannot be read");
		check->wants_body = false;
	}
}

/* Its errors that are more than "not otherwise able to be processed". */
static const struct {
	DKIM_SIGERROR		error;
	enum dkim_result	result;
	const char		*why;
} errors[] = {
	{ DKIM_SIGERROR_BADSIG, DKIM_RESULT_FAIL,
	    "the signature does not match" },
	{ DKIM_SIGERROR_EXPIRED, DKIM_RESULT_FAIL,
	    "the signature has expired" },
	{ DKIM_SIGERROR_TOOLARGE_L, DKIM_RESULT_FAIL,
	    "the body is shorter than l=" },
	{ DKIM_SIGERROR_KEYDECODE, DKIM_RESULT_PERMERROR, "malformed key" },
	{ DKIM_SIGERROR_KEYTOOSMALL, DKIM_RESULT_POLICY, "the key is weak" },
};

static void
failed(struct dkim_signature *row, DKIM_SIGINFO *sig)
{
	DKIM_SIGERROR error = dkim_sig_geterror(sig);
	const char *text;

	if (dkim_sig_getbh(sig) == DKIM_SIGBH_MISMATCH) {
		dkim_check_set(row, DKIM_RESULT_FAIL,
		    "the body has been changed");
		return;
	}
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
		if (errors[i].error == error) {
			dkim_check_set(row, errors[i].result, errors[i].why);
			return;
		}
	}
	text = dkim_sig_geterrorstr(error);
	dkim_check_set(row, DKIM_RESULT_NEUTRAL,
	    text == NULL ? "it cannot be evaluated" : text);
}

static void
judge(struct dkim_check *check, const struct dkim_part *part,
    struct dkim_signature *row, DKIM_SIGINFO *sig)
{
	unsigned bits = 0;

	if (part->screen.ed25519)
		row->key_bits = ED25519_BITS;
	else if (dkim_sig_getkeysize(sig, &bits) == DKIM_STAT_OK)
		row->key_bits = bits;
	if ((dkim_sig_getflags(sig) & DKIM_SIGFLAG_PASSED) == 0 ||
	    dkim_sig_getbh(sig) != DKIM_SIGBH_MATCH ||
	    dkim_sig_geterror(sig) != DKIM_SIGERROR_OK)
		failed(row, sig);
	else if (!part->screen.ed25519 &&
	    (row->key_bits < RSA_BITS_LEAST ||
	    row->key_bits < check->settings.key_bits_min))
		dkim_check_set(row, DKIM_RESULT_POLICY, "the key is weak");
	else if (part->question->key.testing)
		/* RFC 6376 3.6.1: as if it were not signed. */
		dkim_check_set(row, DKIM_RESULT_POLICY,
		    "the key is for testing");
	else
		dkim_check_set(row, DKIM_RESULT_PASS, "");
}

static void
judge_all(struct dkim_check *check)
{
	DKIM_SIGINFO **list = signatures(check);
	size_t k = 0;

	if (list == NULL) {
		dkim_check_refuse(check, "the signatures cannot be read");
		return;
	}
	for (size_t i = 0; i < check->count; i++) {
		if (!check->parts[i].screen.usable)
			continue;
		if (check->parts[i].ready)
			judge(check, &check->parts[i], &check->rows[i],
			    list[k]);
		k++;
	}
}

const struct dkim_signature *
dkim_check_end(struct dkim_check *check, size_t *ret_count)
{
	start(check);
	if (check->handle != NULL) {
		/* Its own code is about one signature of its choice. */
		if (check->wants_body)
			dkim_eom(check->handle, NULL);
		judge_all(check);
	}
	*ret_count = check->count;
	return check->rows;
}
