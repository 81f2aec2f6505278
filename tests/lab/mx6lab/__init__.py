# SPDX-License-Identifier: ISC
"""Whole daemons on hosts of their own: the demo, the system tests, the bench.

	space	namespaces: two hosts joined by a wire, or loopback without them
	daemon	one mx6d: its folders, configuration, log, control
	mail	messages put in and looked for
	peers	Postfix, Exim, Dovecot in a root folder of their own
	tap	how a test says what it found
"""
