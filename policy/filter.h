/* SPDX-License-Identifier: ISC */
#ifndef POLICY_FILTER_H
#define POLICY_FILTER_H

/* The words of policy/filter.msg. */

enum filter_status {
	FILTER_CLEAN,
	FILTER_SPAM,		/* refused, discarded or quarantined by a filter */
	FILTER_TEMPFAIL,	/* a filter said try later */
	FILTER_SILENT,		/* a filter could not be asked in time */
	FILTER_NONE,		/* no such filter is configured */
};

enum filter_change {
	FILTER_ADD,
	FILTER_INSERT,
	FILTER_CHANGE,		/* an empty value removes the field */
};

#endif
