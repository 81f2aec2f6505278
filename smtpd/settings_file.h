/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SETTINGS_FILE_H
#define SMTPD_SETTINGS_FILE_H

/*
 * From the configuration file to what the parent works with: the parsed
 * values, and the texts (configuration, certificate, key, zone) that it
 * supplies the children with.
 */

#include "smtpd/supervise.h"
#include "util/config.h"

/* Reads path and the files it names into a configuration and the texts of
 * ret_supply (its shared_fd and privileged are not touched).  NULL with the
 * reason in error; ret_supply is then as it was. */
struct config *settings_load(const char *path, struct supply *ret_supply,
    char error[static CONFIG_ERROR_SIZE]);
/* Frees the texts; the key is wiped. */
void settings_forget(struct supply *supply);
/* The resolver cannot take this change without being started again. */
bool settings_need_new_resolver(const struct config *a, const struct config *b,
    bool zone_changed);
/* A warning to give about a change that takes effect only at the next start
 * of mx6d; NULL if there is none. */
const char *settings_need_restart(const struct config *a,
    const struct config *b);

#endif
