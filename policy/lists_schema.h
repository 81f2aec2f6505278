/* SPDX-License-Identifier: ISC */
#ifndef POLICY_LISTS_SCHEMA_H
#define POLICY_LISTS_SCHEMA_H

/*
 * The tables of lists.db, one string for each version that the schema had:
 * step n leads from user_version n to n + 1.  SQLite keeps the comments, so
 * `sqlite3 lists.db .schema` explains itself to whoever edits by hand.
 */

static const char *const lists_schema[] = {
	"CREATE TABLE whitelist_address (\n"
	"  -- Clients whose mail is accepted over IPv6 whatever it says.\n"
	"  -- A network or an address: 192.0.2.0/24, 2001:db8::/32,\n"
	"  -- 192.0.2.1.  Bits beyond the prefix must be zero.\n"
	"  network TEXT NOT NULL PRIMARY KEY CHECK (\n"
	"    length(network) BETWEEN 2 AND 63),\n"
	"  -- For people: whose it is, and why it is here.\n"
	"  note TEXT NOT NULL DEFAULT '',\n"
	"  added_at INTEGER NOT NULL DEFAULT (unixepoch()),\n"
	"  -- Leave it NULL: the daemon computes it (empty: not a network).\n"
	"  key BLOB CHECK (length(key) IN (0, 6, 18))\n"
	");\n"
	"CREATE INDEX whitelist_address_key ON whitelist_address(key);\n"
	"CREATE TRIGGER whitelist_address_edited\n"
	"AFTER UPDATE OF network ON whitelist_address BEGIN\n"
	"  UPDATE whitelist_address SET key = NULL WHERE network = NEW.network;\n"
	"END;\n"

	"CREATE TABLE domain (\n"
	"  -- Domains whose mail is ours.  Lower case, xn-- form.\n"
	"  name TEXT NOT NULL PRIMARY KEY COLLATE NOCASE CHECK (\n"
	"    name <> '' AND name NOT GLOB '*[^-._a-zA-Z0-9]*'),\n"
	"  -- '': as the setting lmtp says, else Maildir.  'maildir'.\n"
	"  -- An LMTP server: 'unix:/path' or 'host:port'.\n"
	"  -- 'relay': we are a way station; any local part, passed on by the\n"
	"  -- domain's route or MX.\n"
	"  transport TEXT NOT NULL DEFAULT '' CHECK (\n"
	"    transport IN ('', 'maildir', 'relay') OR\n"
	"    transport GLOB 'unix:/*' OR transport GLOB '?*:[0-9]*')\n"
	");\n"

	"CREATE TABLE mailbox (\n"
	"  id INTEGER PRIMARY KEY,\n"
	"  -- user@domain; its domain stands in the table domain.\n"
	"  address TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (\n"
	"    address GLOB '?*@?*' AND address NOT GLOB '*@*@*'),\n"
	"  -- System user that owns it; '': the daemon's own.\n"
	"  user TEXT NOT NULL DEFAULT '',\n"
	"  -- Maildir, absolute or below the user's home; '': the setting.\n"
	"  maildir TEXT NOT NULL DEFAULT '',\n"
	"  -- An LMTP server in its place: 'unix:/path' or 'host:port'.\n"
	"  lmtp TEXT NOT NULL DEFAULT '' CHECK (lmtp = '' OR\n"
	"    lmtp GLOB 'unix:/*' OR lmtp GLOB '?*:[0-9]*'),\n"
	"  domain TEXT COLLATE NOCASE GENERATED ALWAYS AS\n"
	"    (substr(address, instr(address, '@') + 1)) VIRTUAL\n"
	");\n"
	"CREATE INDEX mailbox_domain ON mailbox(domain);\n"
	"CREATE TRIGGER mailbox_domain_is_ours\n"
	"AFTER INSERT ON mailbox WHEN NOT EXISTS\n"
	"  (SELECT 1 FROM domain WHERE name = NEW.domain) BEGIN\n"
	"  SELECT RAISE(ABORT, 'its domain is not in the table domain');\n"
	"END;\n"
	"CREATE TRIGGER domain_has_mailboxes\n"
	"BEFORE DELETE ON domain WHEN EXISTS\n"
	"  (SELECT 1 FROM mailbox WHERE domain = OLD.name) BEGIN\n"
	"  SELECT RAISE(ABORT, 'mailboxes of this domain are left');\n"
	"END;\n"

	"CREATE TABLE alias (\n"
	"  -- name@domain of ours, or @domain for all other names in it.\n"
	"  address TEXT NOT NULL COLLATE NOCASE CHECK (address GLOB '*@?*'),\n"
	"  -- Where its mail goes, one row for each: an address anywhere, or\n"
	"  -- @domain for the same name there.  An address that is its own\n"
	"  -- target keeps a copy in its mailbox.\n"
	"  target TEXT NOT NULL CHECK (target GLOB '*@?*'),\n"
	"  PRIMARY KEY (address, target)\n"
	") WITHOUT ROWID;\n",
};

#define LISTS_SCHEMA_VERSION \
	((int64_t)(sizeof lists_schema / sizeof lists_schema[0]))

#endif
