/* SPDX-License-Identifier: ISC */
/* A user's contacts into the user's addressbook: all of them or none. */

#include <strings.h>

#include "policy/contacts.h"
#include "policy/lists_inner.h"
#include "util/xalloc.h"

static bool
same_domain(const char *mailbox, const char *address)
{
	const char *own = strrchr(mailbox, '@');
	const char *at = strrchr(address, '@');

	return own != NULL && at != NULL && strcasecmp(own, at) == 0;
}

/* false: the database failed. */
static bool
import_address(struct lists *lists, const char *mailbox, const char *address,
    char *why, struct lists_imported *imported)
{
	const char *const values[] = { mailbox, address, "import" };

	if (address[0] == '@' || strchr(address, '@') == NULL) {
		snprintf(why, LISTS_WHY_SIZE, "\"%.60s\" is not an address "
		    "like user@example.org", address);
		imported->bad++;
		return true;
	}
	if (same_domain(mailbox, address)) {
		imported->own++;
		return true;
	}
	switch (lists_add(lists, LISTS_ADDRESSBOOK, values, 3, why)) {
	case LISTS_OK:
		imported->added++;
		break;
	case LISTS_EXISTS:
		imported->known++;
		why[0] = '\0';
		break;
	case LISTS_ABSENT:
	case LISTS_REFUSED:
		imported->bad++;
		break;
	case LISTS_TROUBLE:
		return false;
	}
	return true;
}

static enum lists_status
import_all(struct lists *lists, const char *mailbox, struct contacts *contacts,
    void (*problem)(void *arg, uint64_t line, const char *why), void *arg,
    struct lists_imported *imported)
{
	char why[LISTS_WHY_SIZE];

	while (contacts_next(contacts)) {
		why[0] = '\0';
		if (contacts->fault != NULL) {
			snprintf(why, sizeof why, "%s", contacts->fault);
			imported->bad++;
		} else if (!import_address(lists, mailbox, contacts->address,
		    why, imported))
			return LISTS_TROUBLE;
		if (why[0] != '\0')
			problem(arg, contacts->line, why);
	}
	return LISTS_OK;
}

enum lists_status
lists_import_contacts(struct lists *lists, const char *mailbox,
    const char *text, size_t n, bool skip_bad,
    void (*problem)(void *arg, uint64_t line, const char *why), void *arg,
    struct lists_imported *ret_imported)
{
	struct contacts *contacts = xmalloc(sizeof *contacts);
	struct lists_imported imported = { 0 };
	enum lists_status status = LISTS_TROUBLE;

	contacts_init(contacts, contacts_guess(text, n), text, n);
	if (lists_import_begin(lists)) {
		status = import_all(lists, mailbox, contacts, problem, arg,
		    &imported);
		status = lists_import_end(lists, status, &imported, skip_bad);
	}
	free(contacts);
	if (status != LISTS_TROUBLE)
		*ret_imported = imported;
	return status;
}
