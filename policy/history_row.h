/* SPDX-License-Identifier: ISC */
#ifndef POLICY_HISTORY_ROW_H
#define POLICY_HISTORY_ROW_H

/* Rows that are kept: all of a row's texts in one allocation. */

#include "policy/history_ipc.h"

/* Copies the texts; *to is given back with history_row_done. */
void history_row_copy(struct history_row *to, const struct history_row *from);
void history_row_done(struct history_row *row);

#endif
