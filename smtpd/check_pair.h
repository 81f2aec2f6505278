/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CHECK_PAIR_H
#define SMTPD_CHECK_PAIR_H

/*
 * How `mx6d -n` has the certificate and the key checked: by `mx6d-smtp -n`,
 * so that the parent needs no TLS library.  Its status is 0 if they match;
 * else it has said why.
 */

#define CHECK_OPTION		"-n"
#define CHECK_CERTIFICATE_FD	3
#define CHECK_KEY_FD		4

#endif
