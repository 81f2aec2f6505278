/* SPDX-License-Identifier: ISC */
/*
 * Runs one fuzz target over its corpus, without a fuzzer: each argument is a
 * file, or a folder whose files are all taken.  Prints one TAP line for the
 * corpus; a crash is seen by the caller, and the file that did it stands on
 * standard error.
 */

#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1U << 20)

static unsigned
replay_file(const char *path)
{
	uint8_t *data;
	size_t n;
	FILE *f;

	if ((f = fopen(path, "rb")) == NULL)
		err(1, "%s", path);
	if ((data = malloc(INPUT_MAX)) == NULL)
		err(1, NULL);
	n = fread(data, 1, INPUT_MAX, f);
	fclose(f);
	/* A copy of exactly n bytes lets the sanitizer see one byte more. */
	if ((data = realloc(data, n > 0 ? n : 1)) == NULL)
		err(1, NULL);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(data, n);
	free(data);
	return 1;
}

static unsigned
replay_folder(const char *folder)
{
	struct dirent *entry;
	char path[4096];
	unsigned count = 0;
	DIR *d;

	if ((d = opendir(folder)) == NULL)
		err(1, "%s", folder);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		count += replay_file(path);
	}
	closedir(d);
	return count;
}

int
main(int argc, char **argv)
{
	struct stat st;
	unsigned count = 0;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == -1)
			err(1, "%s", argv[i]);
		count += S_ISDIR(st.st_mode) ? replay_folder(argv[i]) :
		    replay_file(argv[i]);
	}
	printf("ok 1 - %u inputs\n1..1\n", count);
	return 0;
}
