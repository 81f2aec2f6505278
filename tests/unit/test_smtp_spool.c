/* SPDX-License-Identifier: ISC */
/* Fields put before a message that is in a file already. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "smtpd/smtp.h"
#include "util/fdio.h"
#include "util/xalloc.h"

static void
prepend_to(size_t size)
{
	static const char field[] = "Authentication-Results: mx.test; none\r\n";
	size_t n = sizeof field - 1, got_size;
	uint8_t *text = xmalloc(size + 1);
	int fd = memfd_create("spool", MFD_CLOEXEC);
	char *got;

	for (size_t i = 0; i < size; i++)
		text[i] = (uint8_t)(i * 31 + i / 251);
	assert_true(fd >= 0);
	assert_true(spool_append(fd, text, size / 2));
	assert_true(spool_append(fd, text + size / 2, size - size / 2));
	assert_true(spool_prepend(fd, size, "", 0));
	assert_true(spool_prepend(fd, size, field, n));
	got = fdio_read_all(fd, SIZE_MAX / 2, &got_size);
	assert_non_null(got);
	assert_int_equal(got_size, size + n);
	assert_memory_equal(got, field, n);
	assert_memory_equal(got + n, text, size);
	free(got);
	free(text);
	close(fd);
}

static void
any_size(void **state)
{
	(void)state;
	prepend_to(0);
	prepend_to(1);
	prepend_to(256 * 1024 - 1);
	prepend_to(256 * 1024);
	prepend_to(256 * 1024 + 1);
	prepend_to(3 * 1024 * 1024 + 7);
}

static void
errors_are_told(void **state)
{
	int fd = memfd_create("spool", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_true(spool_append(fd, (const uint8_t *)"text", 4));
	assert_false(spool_prepend(fd, 10, "x", 1));	/* not all is there */
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
	assert_false(spool_append(fd, (const uint8_t *)"text", 4));
	assert_false(spool_prepend(fd, 4, "x", 1));
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_size),
		cmocka_unit_test(errors_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
