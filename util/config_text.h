/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CONFIG_TEXT_H
#define UTIL_CONFIG_TEXT_H

#include <stddef.h>

/*
 * What libconfuse would let pass in a file, looked for in its text: NUL
 * octets, ${VARIABLES} (a configuration must mean the same to every process
 * that reads it) and braces that do not close.  NULL, or what is wrong, with
 * its line.
 */
const char *config_text_fault(const char *text, size_t n, int *ret_line);

#endif
