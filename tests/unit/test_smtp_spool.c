/* SPDX-License-Identifier: ISC */
/* Text, and fields put before it, in a file with room for them. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "queue/queue_words.h"
#include "smtpd/smtp.h"
#include "util/fdio.h"
#include "util/xalloc.h"

/* The text, then what goes before it, as for a message that was accepted. */
static void
pieces_lie_where_they_should(void **state)
{
	static const char field[] = "Authentication-Results: mx.test; none\r\n";
	size_t n = sizeof field - 1, size = 300 * 1024 + 7, got_size;
	uint8_t *text = xmalloc(size);
	int fd = memfd_create("spool", MFD_CLOEXEC);
	char *got;

	(void)state;
	for (size_t i = 0; i < size; i++)
		text[i] = (uint8_t)(i * 31 + i / 251);
	assert_true(fd >= 0);
	assert_true(spool_write(fd, SPOOL_ROOM, text, 100));
	assert_true(spool_write(fd, SPOOL_ROOM + 100, text + 100, size - 100));
	assert_true(spool_write(fd, SPOOL_ROOM, "", 0));
	assert_true(spool_write(fd, SPOOL_ROOM - n, field, n));
	got = fdio_read_all(fd, SIZE_MAX / 2, &got_size);
	assert_non_null(got);
	assert_int_equal(got_size, SPOOL_ROOM + size);
	assert_memory_equal(got + SPOOL_ROOM - n, field, n);
	assert_memory_equal(got + SPOOL_ROOM, text, size);
	free(got);
	free(text);
	close(fd);
}

static void
errors_are_told(void **state)
{
	int fd = memfd_create("spool", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_true(spool_write(fd, 0, "text", 4));
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
	assert_false(spool_write(fd, 0, "x", 1));
	assert_false(spool_write(fd, 4, "text", 4));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_lie_where_they_should),
		cmocka_unit_test(errors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
