/* SPDX-License-Identifier: ISC */
/* Contacts out of vCard, LDIF and CSV; and into an addressbook. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/contacts.h"
#include "policy/lists_signs.h"
#include "util/buf.h"
#include "util/xalloc.h"

/* Each address on a line, each fault as "line! fault". */
static void
reads(const char *text, const char *wanted)
{
	struct contacts *c = xmalloc(sizeof *c);
	struct buf got;

	buf_init(&got, 65536);
	contacts_init(c, contacts_guess(text, strlen(text)), text,
	    strlen(text));
	while (contacts_next(c)) {
		if (c->fault != NULL)
			buf_addf(&got, "%u! %s\n", (unsigned)c->line,
			    c->fault);
		else
			buf_addf(&got, "%s\n", c->address);
	}
	assert_string_equal(buf_cstr(&got), wanted);
	buf_done(&got);
	free(c);
}

static void
vcards(void **state)
{
	(void)state;
	reads("BEGIN:VCARD\r\nVERSION:3.0\r\nN:A;B\r\n"
	    "EMAIL;TYPE=INTERNET,HOME:a@exam\r\n ple.com\r\n"
	    "item1.email;TYPE=\"x:y\":b@example.com\r\nEMAIL:\r\n"
	    "PHOTO;ENCODING=b:AAAA\r\n BBBB\r\nEND:VCARD\r\n\r\n"
	    "begin:vcard\nVERSION:4.0\nEMAIL;VALUE=uri:mailto:c@example.com\n"
	    "EMAIL: d\\,e@example.com \nEND:VCARD\n",
	    "a@example.com\nb@example.com\nc@example.com\n"
	    "d,e@example.com\n");
	/* Telephones. */
	reads("\xef\xbb\xbf" "BEGIN:VCARD\nVERSION:2.1\n"
	    "NOTE;ENCODING=QUOTED-PRINTABLE:one=\ntwo\n"
	    "EMAIL;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=61@=\n"
	    "example.com\nEND:VCARD\n", "a@example.com\n");
}

static void
bad_vcards(void **state)
{
	(void)state;
	reads("BEGIN:VCARD\nVERSION:5.0\nnonsense\nEMAIL;CHARSET=ISO-8859-1:"
	    "\xe9@example.com\nEMAIL;ENCODING=QUOTED-PRINTABLE:a=4@b\n"
	    "EMAIL;ENCODING=QUOTED-PRINTABLE:a=00@b\n"
	    "BEGIN:VCARD\nEND:VCARD\nEND:VCARD\nEMAIL:a@b\n",
	    "2! the version is not 3.0 or 4.0\n"
	    "3! it is no property: there is no colon\n"
	    "4! its character set is not UTF-8\n"
	    "5! its quoted-printable text is malformed\n"
	    "6! its quoted-printable text is malformed\n"
	    "7! BEGIN inside of a vCard: END is missing\n"
	    "9! END without BEGIN\n"
	    "10! it stands outside of any vCard\n");
	reads("BEGIN:VCARD\nEMAIL:a@example.com",
	    "a@example.com\n2! the last vCard has no END\n");
}

static void
ldif(void **state)
{
	(void)state;
	reads("version: 1\n\n# mail: no@example.com\ndn: cn=A,dc=example\n"
	    "mail: a@exam\n ple.com\nMAIL;lang-en: b@example.com\n"
	    "mail:: Y0BleGFtcGxlLmNvbQ==\nmailPreference: x\n"
	    "mozillaSecondEmail: d@example.com\njpegPhoto:< file:///x\n",
	    "a@example.com\nb@example.com\nc@example.com\nd@example.com\n");
	reads("dn: x\nmail:: Y0BleGFtcGxlLmNvbQ=\nmail:: A\x01\n"
	    "mail:< file:///etc/passwd\nnothing\nmail:: AAAA\n"
	    "changetype: delete\n",
	    "2! its base64 text is malformed\n"
	    "3! its base64 text is malformed\n"
	    "4! its value is somewhere else, at a URL\n"
	    "5! it is no attribute: there is no colon\n"
	    "6! its base64 text is malformed\n"
	    "7! this is a change, not an entry\n");
}

static void
csv(void **state)
{
	(void)state;
	/* Without a heading: whatever has an @. */
	reads("a@example.com\nBob,b@example.com,c@example.com\nnobody\n",
	    "a@example.com\nb@example.com\nc@example.com\n"
	    "3! there is no address in it\n");
	/* Thunderbird, Google, Outlook, and our own. */
	reads("First Name,Primary Email,Secondary Email\nA,a@example.com,\n"
	    "B,,\n", "a@example.com\n");
	reads("Name,E-mail 1 - Type,E-mail 1 - Value\n"
	    "A,* Home,a@example.com ::: b@example.com\n",
	    "a@example.com\nb@example.com\n");
	reads("E-mail Address,E-mail Type,E-mail Display Name\n"
	    "a@example.com,SMTP,A (a@example.com)\n", "a@example.com\n");
	reads("recipient,sender,source\nx@example.org,a@example.com,user\n",
	    "a@example.com\n");
	reads("a@example.com\n\"open\n", "a@example.com\n"
	    "2! a quote is opened and never closed\n");
}

static void
count_problem(void *arg, uint64_t line, const char *why)
{
	unsigned *count = arg;

	assert_int_equal(line, 2);
	assert_non_null(strstr(why, "example.com"));
	(*count)++;
}

static void
into_a_book_all_or_none(void **state)
{
	static const char bad[] = "a@example.net\n@example.com\n"
	    "bob@example.org\n";
	const char *alice = "alice@example.org";
	char path[64], why[LISTS_WHY_SIZE];
	struct lists_known_sender known;
	struct lists_imported counts;
	unsigned problems = 0;
	struct lists *l;

	(void)state;
	snprintf(path, sizeof path, "/tmp/test_contacts.%ld.db",
	    (long)getpid());
	unlink(path);
	l = lists_open(path, 1000, why);
	assert_non_null(l);
	assert_int_equal(lists_import_contacts(l, alice, bad, sizeof bad - 1,
	    false, count_problem, &problems, &counts), LISTS_REFUSED);
	assert_int_equal(problems, 1);
	assert_int_equal(lists_addressbook(l, alice, "a@example.net", 0,
	    &known), LISTS_ABSENT);
	assert_int_equal(lists_import_contacts(l, alice, bad, sizeof bad - 1,
	    true, count_problem, &problems, &counts), LISTS_OK);
	assert_int_equal(counts.added, 1);
	assert_int_equal(counts.own, 1);
	assert_int_equal(counts.bad, 1);
	assert_int_equal(lists_addressbook(l, alice, "a@example.net", 0,
	    &known), LISTS_OK);
	assert_string_equal(known.source, "import");
	/* A domain is never entered from contacts. */
	assert_int_equal(lists_addressbook(l, alice, "x@example.com", 0,
	    &known), LISTS_ABSENT);
	lists_close(l);
	unlink(path);
}

static void
note_line(void *arg, uint64_t line, const char *why)
{
	assert_true(why[0] != '\0');
	buf_addf(arg, "%u ", (unsigned)line);
}

static bool
count_row(void *arg, const char *const *values, size_t count)
{
	(void)values;
	(void)count;
	(*(unsigned *)arg)++;
	return true;
}

/* Names each bad line; what is in the book then? */
static unsigned
import(struct lists *l, const char *text, bool skip_bad,
    enum lists_status wanted, const char *lines)
{
	struct lists_imported counts;
	unsigned rows = 0;
	struct buf told;

	buf_init(&told, 1024);
	assert_int_equal(lists_import_contacts(l, "alice@example.org", text,
	    strlen(text), skip_bad, note_line, &told, &counts), wanted);
	assert_string_equal(buf_cstr(&told), lines);
	buf_done(&told);
	assert_int_equal(lists_each(l, LISTS_ADDRESSBOOK, "", count_row,
	    &rows), LISTS_OK);
	return rows;
}

static void
each_format_all_or_none(void **state)
{
	static const struct {
		const char	*text, *lines;
	} files[] = {
		{ "mail\na@example.net\nno address\nb@example.net\n"
		    "\"open@example.net\n", "3 5 " },
		{ "BEGIN:VCARD\nVERSION:3.0\nEMAIL:a@example.net\n"
		    "EMAIL:nobody\nEMAIL:b@example.net\nEND:VCARD\n"
		    "EMAIL:outside@example.net\n", "4 7 " },
		{ "dn: cn=a\nmail: a@example.net\nmail:: ====\n"
		    "mail: b@example.net\nmail: two@at@example.net\n",
		    "3 5 " },
	};
	char path[64], why[LISTS_WHY_SIZE];

	(void)state;
	snprintf(path, sizeof path, "/tmp/test_contacts.%ld.db",
	    (long)getpid());
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct lists *l;

		unlink(path);
		l = lists_open(path, 1000, why);
		assert_non_null(l);
		assert_int_equal(import(l, files[i].text, false,
		    LISTS_REFUSED, files[i].lines), 0);
		assert_int_equal(import(l, files[i].text, true, LISTS_OK,
		    files[i].lines), 2);
		lists_close(l);
	}
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vcards), cmocka_unit_test(bad_vcards),
		cmocka_unit_test(ldif), cmocka_unit_test(csv),
		cmocka_unit_test(into_a_book_all_or_none),
		cmocka_unit_test(each_format_all_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
