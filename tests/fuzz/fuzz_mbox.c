/* SPDX-License-Identifier: ISC */
/* A mailbox, and each message of it taken back to how it came in. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "smtpd/mbox.h"
#include "smtpd/stored.h"

#define LARGEST	65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_stored(const struct mbox *m, const struct buf *text)
{
	static const struct stored_view view = { .received = 1 };
	struct stored s;

	if (stored_read((const char *)buf_bytes(text), buf_len(text),
	    m->sender, &view, &s) != STORED_OK)
		return;
	assert(s.start <= buf_len(text));
	assert(s.rcpt[0] != '\0' && s.hop.helo[0] != '\0');
	assert(!netaddr_is_loopback(&s.hop.peer));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = size == 0 ? NULL :
	    fmemopen((void *)(uintptr_t)data, size, "r");
	size_t messages = 0, all = 0;
	struct buf text;
	struct mbox m;

	if (file == NULL)
		return 0;
	buf_init(&text, LARGEST);
	mbox_init(&m, file);
	while (mbox_next(&m, &text)) {
		messages++;
		all += buf_len(&text);
		if (!text.overflow)
			read_stored(&m, &text);
	}
	assert(messages <= size && all <= 2 * size);
	buf_done(&text);
	fclose(file);
	return 0;
}
