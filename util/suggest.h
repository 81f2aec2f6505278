/* SPDX-License-Identifier: ISC */
#ifndef UTIL_SUGGEST_H
#define UTIL_SUGGEST_H

#include <stddef.h>

/* The one of n names that word was most likely meant to be (few letters
 * differ, - and _ are alike), or NULL. */
const char *suggest_near(const char *word, const char *const *names, size_t n);

#endif
