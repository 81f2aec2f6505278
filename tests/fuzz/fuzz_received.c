/* SPDX-License-Identifier: ISC */
/* A Received field: what is read fits, and an answer is whole. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "smtpd/received_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct received_hop hop;
	struct mailaddr addr;
	enum received_fault fault;

	fault = received_read((const char *)data, size, &hop);
	assert(memchr(hop.helo, '\0', sizeof hop.helo) != NULL);
	assert(memchr(hop.with, '\0', sizeof hop.with) != NULL);
	if (hop.rcpt[0] != '\0')
		assert(mailaddr_parse(hop.rcpt, strlen(hop.rcpt), true,
		    &addr) == MAILADDR_OK);
	if (fault == RECEIVED_OK) {
		assert(hop.peer.family != NETADDR_NONE);
		assert(hop.helo[0] != '\0');
		assert(strpbrk(hop.helo, "\r\n") == NULL || hop.helo[0] == '"');
	}
	return 0;
}
