/* SPDX-License-Identifier: ISC */
/* mx6d.conf: any text gives a configuration or an error in words. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/config.h"
#include "util/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char error[CONFIG_ERROR_SIZE];
	char *text = xmalloc(n + 1);
	struct config *config;

	memcpy(text, data, n);
	text[n] = '\0';
	config = config_parse(text, n, "fuzz", error);
	assert(config != NULL || error[0] != '\0');
	config_free(config);
	free(text);
	return 0;
}
