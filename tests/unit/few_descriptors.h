/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_FEW_DESCRIPTORS_H
#define TESTS_UNIT_FEW_DESCRIPTORS_H

/* A shortage of file descriptors, made and ended. */

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static rlim_t descriptors_before;

/* From now on this process may open n more, if those below are in use. */
static void
allow_descriptors(unsigned n)
{
	struct rlimit limit;
	int lowest = fcntl(0, F_DUPFD, 0);

	close(lowest);
	getrlimit(RLIMIT_NOFILE, &limit);
	descriptors_before = limit.rlim_cur;
	limit.rlim_cur = (rlim_t)lowest + n;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void
allow_all_descriptors(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = descriptors_before;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

#endif
