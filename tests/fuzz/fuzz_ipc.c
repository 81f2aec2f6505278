/* SPDX-License-Identifier: ISC */
/*
 * The readers of messages: any bytes are a message or are refused.  The first
 * octet chooses the message, so that each kind of field is reached.
 */
#include <stddef.h>
#include <stdint.h>

#include "policy/auth_ipc.h"
#include "policy/filter_ipc.h"
#include "policy/history_ipc.h"
#include "policy/policy_ipc.h"
#include "queue/queue_admin_ipc.h"
#include "queue/queue_ipc.h"
#include "resolver/resolver_ipc.h"
#include "smtpd/smtp_admin_ipc.h"
#include "util/child_ipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Touches every octet that a row points to, for the sanitizers. */
static size_t
read_rows(const struct resolver_lookup_answer *m)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < m->records_count; i++) {
		const struct resolver_record *row = &m->records[i];

		for (const char *p = row->name; *p != '\0'; p++)
			sum += (unsigned char)*p;
		for (size_t k = 0; k < row->data.size; k++)
			sum += ((const uint8_t *)row->data.data)[k];
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static volatile size_t sink;
	union {
		struct resolver_lookup_answer	lookup;
		struct policy_judge_ask		judge;
		struct queue_submit_ask		submit;
		struct queue_admin_list_answer	list;
		struct child_configure_ask	configure;
		struct auth_message_answer	found;
		struct filter_message_answer	filtered;
		struct history_record_ask	record;
		struct smtp_admin_judge_ask	dry;
	} m;
	struct ipc_reader r;

	if (n == 0)
		return 0;
	ipc_reader_init(&r, data + 1, n - 1, NULL, 0);
	switch (data[0] % 9) {
	case 0:
		read_resolver_lookup_answer(&r, &m.lookup);
		if (ipc_reader_finished(&r))
			sink = read_rows(&m.lookup);
		break;
	case 1:
		read_policy_judge_ask(&r, &m.judge);
		break;
	case 2:
		read_queue_submit_ask(&r, &m.submit);
		break;
	case 3:
		read_queue_admin_list_answer(&r, &m.list);
		break;
	case 4:
		read_child_configure_ask(&r, &m.configure);
		break;
	case 5:
		read_auth_message_answer(&r, &m.found);
		break;
	case 6:
		read_filter_message_answer(&r, &m.filtered);
		break;
	case 7:
		read_history_record_ask(&r, &m.record);
		break;
	case 8:
		read_smtp_admin_judge_ask(&r, &m.dry);
		break;
	}
	(void)sink;
	ipc_reader_done(&r);
	return 0;
}
