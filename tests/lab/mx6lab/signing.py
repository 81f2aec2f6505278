# SPDX-License-Identifier: ISC
"""DKIM keys of the tests, made anew each time."""

import subprocess


def make_key():
    """A private key (PEM), and its public half as strings of a TXT record."""
    key = subprocess.run(["openssl", "genrsa", "-traditional", "2048"],
                         check=True, capture_output=True).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout"], input=key, check=True,
        capture_output=True).stdout.decode("ascii").splitlines()[1:-1]
    return key, " ".join('"%s"' % line for line in public)
