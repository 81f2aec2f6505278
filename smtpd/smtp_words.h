/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SMTP_WORDS_H
#define SMTPD_SMTP_WORDS_H

/* The words of smtpd/smtp_admin.msg. */

enum dry_status {
	DRY_DONE,
	DRY_BUSY,	/* DRY_RUNS_MAX are under way */
	DRY_UNSOUND,	/* no such role, too many recipients, control characters */
};

enum dry_filter {
	DRY_NO_FILTER,
	DRY_MALWARE,	/* only filters for malware would see the message */
	DRY_CONTENT,	/* the content filter would decide */
};

#define DRY_RUNS_MAX	16	/* in one process */
#define DRY_RCPTS_MAX	100
#define DRY_MESSAGE_MAX	(8 * 1024 * 1024)

#endif
