/* SPDX-License-Identifier: ISC */
#ifndef POLICY_HISTORY_SCHEMA_H
#define POLICY_HISTORY_SCHEMA_H

/*
 * The tables of history.db.  It may be thrown away at any time while the
 * daemon is stopped: no verdict but `history-good` depends on it.  Step n
 * leads from user_version n to n + 1.
 */

static const char *const history_schema[] = {
	"CREATE TABLE verdict (\n"
	"  -- One message and what became of it.\n"
	"  id INTEGER PRIMARY KEY,\n"
	"  message TEXT NOT NULL,\n"
	"  at INTEGER NOT NULL,  -- unix seconds\n"
	"  session TEXT NOT NULL,\n"
	"  peer TEXT NOT NULL,\n"
	"  role TEXT NOT NULL,\n"
	"  helo TEXT NOT NULL,\n"
	"  sender TEXT NOT NULL,\n"
	"  recipients TEXT NOT NULL,\n"
	"  author TEXT NOT NULL,  -- the From field\n"
	"  action TEXT NOT NULL,\n"
	"  rule TEXT NOT NULL,\n"
	"  -- What the rules for IPv6 would have said; '' where they did.\n"
	"  shadow TEXT NOT NULL,\n"
	"  shadow_rule TEXT NOT NULL,\n"
	"  mixed INTEGER NOT NULL,\n"
	"  facts TEXT NOT NULL,\n"
	"  unknown TEXT NOT NULL,\n"
	"  results TEXT NOT NULL,\n"
	"  reasons TEXT NOT NULL,  -- lines: fact, tab, where it came from\n"
	"  tried TEXT NOT NULL,  -- lines: rule, tab, what it lacked\n"
	"  dns TEXT NOT NULL  -- lines: question, tab, answer\n"
	");\n"
	"CREATE INDEX verdict_message ON verdict(message);\n"
	"CREATE INDEX verdict_at ON verdict(at);\n"

	"CREATE TABLE pushback (\n"
	"  -- A message that was pushed back to IPv4, and whether it came.\n"
	"  id INTEGER PRIMARY KEY,\n"
	"  message TEXT NOT NULL,\n"
	"  at INTEGER NOT NULL,\n"
	"  sender TEXT NOT NULL COLLATE NOCASE,\n"
	"  recipients TEXT NOT NULL,\n"
	"  author_domain TEXT NOT NULL COLLATE NOCASE,\n"
	"  authenticated INTEGER NOT NULL,\n"
	"  in_a_book INTEGER NOT NULL,\n"
	"  message_id_hash TEXT NOT NULL,\n"
	"  network TEXT NOT NULL,\n"
	"  helo TEXT NOT NULL,\n"
	"  -- The same message over IPv4; 0: not yet.\n"
	"  closed_at INTEGER NOT NULL DEFAULT 0,\n"
	"  closed_by TEXT NOT NULL DEFAULT '',\n"
	"  closed_from TEXT NOT NULL DEFAULT '',  -- network\n"
	"  -- Did the same host name bring it?\n"
	"  same_helo INTEGER NOT NULL DEFAULT 0\n"
	");\n"
	"CREATE INDEX pushback_open ON pushback(sender, message_id_hash)\n"
	"  WHERE closed_at = 0;\n"
	"CREATE INDEX pushback_network ON pushback(network);\n"
	"CREATE INDEX pushback_at ON pushback(at);\n"

	"CREATE TABLE domain_day (\n"
	"  -- How mail of an authenticated From domain fared over IPv4.\n"
	"  domain TEXT NOT NULL COLLATE NOCASE,\n"
	"  day INTEGER NOT NULL,  -- unix seconds / 86400\n"
	"  accepted INTEGER NOT NULL DEFAULT 0,\n"
	"  spam INTEGER NOT NULL DEFAULT 0,\n"
	"  refused INTEGER NOT NULL DEFAULT 0,\n"
	"  PRIMARY KEY (domain, day)\n"
	") WITHOUT ROWID;\n"
	"CREATE INDEX domain_day_day ON domain_day(day);\n",

	/* 1 -> 2: suggestions that were followed */
	"CREATE TABLE suggestion_applied (\n"
	"  -- Domains that a rule has put on the greenlist, and when.  None\n"
	"  -- is put there again for a year, so that one which was taken off\n"
	"  -- by hand stays off.\n"
	"  domain TEXT NOT NULL PRIMARY KEY COLLATE NOCASE,\n"
	"  at INTEGER NOT NULL\n"
	") WITHOUT ROWID;\n"
	"CREATE INDEX suggestion_applied_at ON suggestion_applied(at);\n"
	"CREATE INDEX pushback_domain ON pushback(author_domain, at,\n"
	"  closed_at, in_a_book)\n"
	"  WHERE authenticated AND author_domain <> '';\n",
};

#define HISTORY_SCHEMA_VERSION \
	((int64_t)(sizeof history_schema / sizeof history_schema[0]))

#endif
