/* SPDX-License-Identifier: ISC */
#ifndef UTIL_BANNED_H
#define UTIL_BANNED_H

/*
 * Included before every file by the Makefile: functions that have no safe
 * use do not compile.  System headers come first so that only uses are hit.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok
#pragma GCC poison gets gmtime localtime ctime asctime system popen
#pragma GCC poison atoi atol

#endif
