/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_MAILDIR_PATH_H
#define QUEUE_MAILDIR_PATH_H

/* The directories of Maildirs.  All return false and errno on failure, and
 * sync what they make into its parent. */

#include <stdbool.h>

/* Relative, no empty name, no "." or "..". */
bool maildir_path_is_safe(const char *path);
/* A directory and what is missing above it. */
bool maildir_make_path(const char *path);
/* A Maildir: folder, tmp, new, cur. */
bool maildir_make(const char *folder);
/* And its folder .Junk, marked as Maildir++ wants. */
bool maildir_make_junk(const char *maildir);
bool maildir_sync_directory(const char *path);

#endif
