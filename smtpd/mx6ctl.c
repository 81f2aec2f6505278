/* SPDX-License-Identifier: ISC */
/*
 * mx6ctl, the operator's command.  Each command is one row of the table: its
 * syntax, its function and a line of help; matching and --help come from
 * there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/lists.h"
#include "queue/queue_words.h"
#include "smtpd/ctl.h"
#include "util/xalloc.h"

#define FILTERS	"[--sender ADDRESS] [--domain DOMAIN] [--state STATE]"

static const struct command {
	const char	*syntax;
	enum ctl_exit	(*run)(struct ctl *ctl);
	int		 what;
	const char	*help;
} commands[] = {
	{ "status", ctl_status, 0,
	    "processes, listeners, sessions, the queue, what was done" },
	{ "queue list [ID] " FILTERS " [--limit ROWS]", ctl_queue_list, 0,
	    "what waits, a line for each recipient" },
	{ "queue show ID [--body] [--raw]", ctl_queue_show, 0,
	    "one message; --raw: the message itself and nothing else" },
	{ "queue retry [ID] " FILTERS " [--all]", ctl_queue_act, ACTION_RETRY,
	    "try again now" },
	{ "queue hold [ID] " FILTERS " [--all]", ctl_queue_act, ACTION_HOLD,
	    "keep, and try no more" },
	{ "queue release [ID] " FILTERS " [--all]", ctl_queue_act,
	    ACTION_RELEASE, "end a hold" },
	{ "queue remove [ID] " FILTERS " [--all]", ctl_queue_act,
	    ACTION_REMOVE, "throw away, without telling the sender" },
	{ "destinations [DOMAIN]", ctl_destinations, 0,
	    "who pushes mail back from IPv6, and what follows from it" },
	{ "route DOMAIN [--pushed-back]", ctl_route, 0,
	    "where mail for a domain goes: look-ups, addresses, reasons" },
	{ "trace [WHOM] [--for SECONDS]", ctl_trace, 0,
	    "sessions with an address or a network (or all), live" },
	{ "whitelist add NETWORK [NOTE]", ctl_list_add, LISTS_WHITELIST,
	    "accept over IPv6 what comes from this network" },
	{ "whitelist remove NETWORK", ctl_list_remove, LISTS_WHITELIST, "" },
	{ "whitelist list [TEXT]", ctl_list_show, LISTS_WHITELIST, "" },
	{ "whitelist export", ctl_list_export, LISTS_WHITELIST, "CSV, as import takes it" },
	{ "whitelist import FILE [--skip-bad]", ctl_list_import,
	    LISTS_WHITELIST, "CSV: network,note; - is standard input" },
	{ "domain add DOMAIN [TRANSPORT]", ctl_list_add, LISTS_DOMAIN,
	    "a domain of ours; maildir, relay, unix:PATH or HOST:PORT" },
	{ "domain remove DOMAIN", ctl_list_remove, LISTS_DOMAIN, "" },
	{ "domain list [TEXT]", ctl_list_show, LISTS_DOMAIN, "" },
	{ "domain export", ctl_list_export, LISTS_DOMAIN, "" },
	{ "domain import FILE [--skip-bad]", ctl_list_import, LISTS_DOMAIN,
	    "CSV: name,transport" },
	{ "mailbox add ADDRESS [MAILDIR] [--user USER] [--lmtp SERVER]",
	    ctl_list_add, LISTS_MAILBOX, "a mailbox in a domain of ours" },
	{ "mailbox remove ADDRESS", ctl_list_remove, LISTS_MAILBOX, "" },
	{ "mailbox list [TEXT]", ctl_list_show, LISTS_MAILBOX, "" },
	{ "mailbox export", ctl_list_export, LISTS_MAILBOX, "" },
	{ "mailbox import FILE [--skip-bad]", ctl_list_import, LISTS_MAILBOX,
	    "CSV: address,user,maildir,lmtp" },
	{ "alias add ADDRESS TARGET", ctl_list_add, LISTS_ALIAS,
	    "mail for ADDRESS goes to TARGET (too)" },
	{ "alias remove ADDRESS [TARGET]", ctl_list_remove, LISTS_ALIAS,
	    "one of its targets, or all" },
	{ "alias list [TEXT]", ctl_list_show, LISTS_ALIAS, "" },
	{ "alias export", ctl_list_export, LISTS_ALIAS, "" },
	{ "alias import FILE [--skip-bad]", ctl_list_import, LISTS_ALIAS,
	    "CSV: address,target" },
	{ "whitelist domain add DOMAIN [NOTE] [--subdomains] [--auth HOW]",
	    ctl_list_add, LISTS_WHITELIST_DOMAIN, "accept its mail over IPv6 "
	    "if it is authenticated; HOW: aligned, spf,\n      dkim, "
	    "any-unaligned or best-guess" },
	{ "whitelist domain remove DOMAIN", ctl_list_remove,
	    LISTS_WHITELIST_DOMAIN, "" },
	{ "whitelist domain list [TEXT]", ctl_list_show,
	    LISTS_WHITELIST_DOMAIN, "" },
	{ "whitelist domain export", ctl_list_export, LISTS_WHITELIST_DOMAIN,
	    "" },
	{ "whitelist domain import FILE [--skip-bad]", ctl_list_import,
	    LISTS_WHITELIST_DOMAIN, "CSV: domain,subdomains,auth,note" },
	{ "addressbook add ADDRESS SENDER", ctl_list_add, LISTS_ADDRESSBOOK,
	    "the mailbox ADDRESS knows SENDER, an address or a domain" },
	{ "addressbook remove ADDRESS [SENDER]", ctl_list_remove,
	    LISTS_ADDRESSBOOK, "one of its entries, or all" },
	{ "addressbook list [TEXT]", ctl_list_show, LISTS_ADDRESSBOOK, "" },
	{ "addressbook import ADDRESS FILE [--skip-bad]", ctl_book_import,
	    LISTS_ADDRESSBOOK, "contacts of a mailbox: vCard, LDIF or CSV" },
	{ "addressbook export", ctl_list_export, LISTS_ADDRESSBOOK,
	    "all of them, as CSV" },
	{ "addressbook restore FILE [--skip-bad]", ctl_list_import,
	    LISTS_ADDRESSBOOK, "what export has written" },
	{ "addressbook opt-out ADDRESS", ctl_list_add, LISTS_OPT_OUT,
	    "gather nothing for it, and remove what was gathered" },
	{ "addressbook opt-in ADDRESS", ctl_list_remove, LISTS_OPT_OUT, "" },
	{ "addressbook opted-out [TEXT]", ctl_list_show, LISTS_OPT_OUT,
	    "who has opted out" },
	{ "greenlist add KIND VALUE [NOTE]", ctl_list_add, LISTS_GREENLIST,
	    "let the content filter decide; KIND: network, asn, ptr-name,\n"
	    "      domain, forwarder or registrar" },
	{ "greenlist remove KIND VALUE", ctl_list_remove, LISTS_GREENLIST,
	    "" },
	{ "greenlist list [TEXT]", ctl_list_show, LISTS_GREENLIST, "" },
	{ "greenlist export", ctl_list_export, LISTS_GREENLIST, "" },
	{ "greenlist import FILE [--skip-bad]", ctl_list_import,
	    LISTS_GREENLIST, "CSV: kind,value,note,source,expires" },
	{ "facts list [TEXT]", ctl_list_show, LISTS_DOMAIN_FACTS,
	    "what is known of domains and networks" },
	{ "facts import FILE [--skip-bad]", ctl_list_import,
	    LISTS_DOMAIN_FACTS, "CSV: domain,registrar,whois or "
	    "network,asn,whois" },
	{ "facts export", ctl_list_export, LISTS_DOMAIN_FACTS, "" },
	{ "best-guess add DOMAIN RECORD", ctl_list_add, LISTS_BEST_GUESS,
	    "the SPF record of a domain that publishes none" },
	{ "best-guess remove DOMAIN", ctl_list_remove, LISTS_BEST_GUESS, "" },
	{ "best-guess list [TEXT]", ctl_list_show, LISTS_BEST_GUESS, "" },
	{ "best-guess export", ctl_list_export, LISTS_BEST_GUESS, "" },
	{ "best-guess import FILE [--skip-bad]", ctl_list_import,
	    LISTS_BEST_GUESS, "CSV: domain,record" },
	{ "explain [ID|FILE] [--ip ADDRESS] [--helo NAME] [--from SENDER] "
	    "[--rcpt ADDRESS] [--role ROLE] [--prdr]", ctl_explain, 0,
	    "why: facts, where they came from, the rules; id or reference,\n"
	    "      or with --ip a message (FILE) that nobody sent, to\n"
	    "      one --rcpt or several" },
	{ "simulate MAILDIR|MBOX [--rcpt ADDRESS] [--received NUMBER] "
	    "[--trusted NETWORK]", ctl_simulate, 0,
	    "what stored mail would have met on an mx6 listener" },
	{ "pushback list [TEXT] [--limit ROWS]", ctl_pushback_list, 0,
	    "what was pushed back, and whether it came over IPv4" },
	{ "pushback senders [--limit ROWS]", ctl_pushback_senders, 0,
	    "how often each sender returned, and how soon" },
	{ "pushback guesses [--limit ROWS]", ctl_pushback_guesses, 0,
	    "networks that try out addressbooks, within the last hour" },
	{ "greenlist suggest [--limit ROWS]", ctl_greenlist_suggest, 0,
	    "good domains that are pushed back and never return" },
	{ "log level [PROCESS] LEVEL", ctl_log_level, 0,
	    "error, warning, info or debug, until the next start" },
	{ "listener ADDRESS ROLE", ctl_listener, 0,
	    "mx, mx6 or defensive, until the next reload" },
	{ "reload", ctl_reload, 0, "read the configuration again" },
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static bool
begins_with_word(const char *syntax, const char *word)
{
	size_t n = strlen(word);

	return strncmp(syntax, word, n) == 0 &&
	    (syntax[n] == ' ' || syntax[n] == '\0');
}

static bool
is_begun(const char *word)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (begins_with_word(commands[i].syntax, word))
			return true;
	return false;
}

/* Commands that begin with word, or all. */
static void
print_commands(FILE *out, const char *word)
{
	bool any = word != NULL && is_begun(word);

	for (size_t i = 0; i < COMMANDS; i++) {
		if (any && !begins_with_word(commands[i].syntax, word))
			continue;
		fprintf(out, "  %s\n", commands[i].syntax);
		if (*commands[i].help != '\0')
			fprintf(out, "      %s\n", commands[i].help);
	}
}

static enum ctl_exit
help(const char *word)
{
	fputs("usage: mx6ctl [-f FILE] [-s SOCKET] [--json] COMMAND\n\n"
	    "  -f FILE    mx6d's configuration (" CTL_DEFAULT_CONFIG ")\n"
	    "  -s SOCKET  its control socket, if not the one named there\n"
	    "  --json     one JSON value in place of text; trace: one a line\n"
	    "  --help     this, as does the command help; with a word of a\n"
	    "             command, about that\n"
	    "  --version\n\n", stdout);
	print_commands(stdout, word);
	fputs("\nExit status: 0 done, 1 failed, 2 wrong usage, 3 mx6d is not "
	    "running,\n4 nothing matched.\n", stdout);
	return CTL_DONE;
}

/* How commands begin, each word once. */
static void
print_words(FILE *out)
{
	size_t before = 0;

	for (size_t i = 0; i < COMMANDS; i++) {
		const char *syntax = commands[i].syntax;
		size_t n = strcspn(syntax, " "), k = 0;

		while (strncmp(commands[k].syntax, syntax, n + 1) != 0)
			k++;
		if (k == i)
			fprintf(out, "%s%.*s", before++ > 0 ? ", " : "",
			    (int)n, syntax);
	}
	fputs(", help\n", out);
}

/* The rows that the words could have meant. */
static enum ctl_exit
unknown(const char *const *words)
{
	if (words[0] == NULL)
		ctl_error("which command?");
	else
		ctl_error("there is no command \"%s%s%s\"", words[0],
		    words[1] == NULL ? "" : " ",
		    words[1] == NULL ? "" : words[1]);
	if (words[0] != NULL && is_begun(words[0])) {
		print_commands(stderr, words[0]);
	} else {
		print_words(stderr);
		fputs("mx6ctl help says more, of one: mx6ctl help WORD\n",
		    stderr);
	}
	return CTL_USAGE;
}

static enum ctl_exit
run(struct ctl *ctl, const char *const *words, size_t count)
{
	char why[CTL_WHY_SIZE];

	for (size_t i = 0; i < COMMANDS; i++) {
		switch (ctl_syntax_match(commands[i].syntax, words, count,
		    &ctl->values, why)) {
		case CTL_OTHER:
			continue;
		case CTL_WRONG:
			ctl_error("%s\nusage: mx6ctl %s", why,
			    commands[i].syntax);
			return CTL_USAGE;
		case CTL_MATCH:
			break;
		}
		ctl->what = commands[i].what;
		return commands[i].run(ctl);
	}
	return unknown(words);
}

/* Takes the options that all commands have, wherever they stand, and leaves
 * the other words.  false: the value of one is missing. */
static bool
take_options(struct ctl *ctl, char **argv, const char **words,
    size_t *ret_count, bool *ret_help, bool *ret_version)
{
	size_t n = 0;

	for (argv++; *argv != NULL; argv++) {
		bool file = strcmp(*argv, "-f") == 0;

		if (file || strcmp(*argv, "-s") == 0) {
			if (argv[1] == NULL)
				return false;
			*(file ? &ctl->config_path : &ctl->socket) = *++argv;
		} else if (strcmp(*argv, "--json") == 0)
			ctl->json = true;
		else if (strcmp(*argv, "--help") == 0 ||
		    strcmp(*argv, "-h") == 0)
			*ret_help = true;
		else if (strcmp(*argv, "--version") == 0)
			*ret_version = true;
		else
			words[n++] = *argv;
	}
	*ret_count = n;
	return true;
}

int
main(int argc, char **argv)
{
	const char **words = xcalloc((size_t)argc + 2, sizeof *words);
	struct ctl ctl = {
		.config_path = CTL_DEFAULT_CONFIG, .control_fd = -1,
	};
	bool want_help = false, want_version = false;
	enum ctl_exit ended;
	size_t count = 0;

	if (!take_options(&ctl, argv, words, &count, &want_help,
	    &want_version)) {
		ctl_error("-f and -s need a value; see mx6ctl --help");
		return CTL_USAGE;
	}
	if (want_version)
		ended = printf("mx6ctl %s\n", MX6D_VERSION) > 0 ?
		    CTL_DONE : CTL_FAILED;
	else if (want_help)
		ended = help(words[0]);
	else if (count > 0 && strcmp(words[0], "help") == 0)
		ended = help(words[1]);
	else
		ended = run(&ctl, words, count);
	if (fflush(stdout) != 0 && ended == CTL_DONE)
		ended = CTL_FAILED;
	if (ctl.control_fd >= 0)
		close(ctl.control_fd);
	config_free(ctl.config);
	free(words);
	return (int)ended;
}
