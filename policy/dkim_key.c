/* SPDX-License-Identifier: ISC */
#include "policy/dkim_key.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/dkim_tags.h"

#define RECORDS_MAX	16	/* looked at */

static void
refuse(struct dkim_key *key, enum dkim_result result, const char *why)
{
	key->result = result;
	key->why = why;
}

/* Tells what is wrong with the record, NULL if nothing is. */
static const char *
fault(const struct dkim_tags *tags)
{
	const struct dkim_tag *v = dkim_tags_find(tags, "v");
	const struct dkim_tag *k = dkim_tags_find(tags, "k");
	const struct dkim_tag *h = dkim_tags_find(tags, "h");
	const struct dkim_tag *s = dkim_tags_find(tags, "s");

	if (v != NULL && (v != &tags->list[0] || !dkim_tag_is(v, "DKIM1")))
		return "not version 1 of a key record";
	if (k != NULL && !dkim_tag_is(k, "rsa") && !dkim_tag_is(k, "ed25519"))
		return "unknown type of key";
	if (h != NULL && dkim_tag_count(h, "sha256") == 0)
		return "the key is not for SHA-256";
	if (s != NULL && dkim_tag_count(s, "*") == 0 &&
	    dkim_tag_count(s, "email") == 0)
		return "the key is not for mail";
	if (dkim_tags_find(tags, "p")->length == 0)
		return "the key is revoked";
	return NULL;
}

static void
read_record(struct dkim_key *key, const struct dkim_tags *tags)
{
	const struct dkim_tag *t = dkim_tags_find(tags, "t");
	const char *why = fault(tags);
	char p[DKIM_KEY_TEXT_SIZE - 16];

	if (why == NULL &&
	    !dkim_tag_squeeze(dkim_tags_find(tags, "p"), p, sizeof p))
		why = "the key is too long";
	if (why != NULL) {
		refuse(key, DKIM_RESULT_PERMERROR, why);
		return;
	}
	key->result = DKIM_RESULT_PASS;
	key->why = "";
	key->ed25519 = dkim_tag_is(dkim_tags_find(tags, "k"), "ed25519");
	key->same_domain = dkim_tag_count(t, "s") > 0;
	key->testing = dkim_tag_count(t, "y") > 0;
	snprintf(key->text, sizeof key->text, "k=%s; p=%s",
	    key->ed25519 ? "ed25519" : "rsa", p);
}

static bool
claims_version(const struct dkim_text *record)
{
	static const char version[] = "v=DKIM1";

	return record->size >= sizeof version - 1 &&
	    strncasecmp(record->text, version, sizeof version - 1) == 0;
}

static void
choose(struct dkim_key *key, const struct dkim_text *records, size_t count)
{
	struct dkim_tags tags, found;
	size_t keys = 0;

	refuse(key, DKIM_RESULT_PERMERROR, "no key record");
	for (size_t i = 0; i < count; i++) {
		bool read = records[i].size <= DKIM_RECORD_MAX &&
		    dkim_tags_parse(records[i].text, records[i].size, &tags);

		if (read && dkim_tags_find(&tags, "p") != NULL) {
			found = tags;
			keys++;
		} else if (claims_version(&records[i])) {
			key->why = "malformed key record";
		}
	}
	if (keys > 1)
		key->why = "several key records";
	if (keys == 1)
		read_record(key, &found);
}

void
dkim_key_read(struct dkim_key *key, enum dns_status status,
    const struct dkim_text *records, size_t count)
{
	*key = (struct dkim_key){ .why = "" };
	switch (status) {
	case DNS_OK:
		choose(key, records, count < RECORDS_MAX ? count : RECORDS_MAX);
		return;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		refuse(key, DKIM_RESULT_PERMERROR, "no key record");
		return;
	case DNS_FAILED:
		refuse(key, DKIM_RESULT_TEMPERROR, "no answer from DNS");
		return;
	case DNS_BOGUS:
		refuse(key, DKIM_RESULT_TEMPERROR, "forged answer from DNS");
		return;
	}
}
