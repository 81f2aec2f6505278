# SPDX-License-Identifier: ISC
"""Messages put in by SMTP and looked for in Maildirs."""

import os
import smtplib
import uuid

from mx6lab.daemon import wait_for


def new_id():
    return uuid.uuid4().hex


def message(sender, recipient, ident, body="Hello.\r\n", subject="a test"):
    return ("From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\n"
            "Date: Tue, 24 Nov 2026 06:24:00 +0000\r\n"
            "Message-ID: <%s@lab.example>\r\n\r\n%s" %
            (sender, recipient, subject, ident, body)).encode("utf-8")


def inject(host, server, port, sender, recipients, content, helo="client.example",
           timeout_s=30):
    """By SMTP, from host; the refused recipients as smtplib says them."""
    with host.inside():
        client = smtplib.SMTP(local_hostname=helo, timeout=timeout_s)
        client.connect(server, port)
    try:
        return client.sendmail(sender, recipients, content,
                               mail_options=["BODY=8BITMIME"])
    finally:
        client.close()


def offer(server, port, sender, recipient, content, source="", timeout_s=30):
    """By SMTP, from here; "CODE text", the reply to the end of data."""
    client = smtplib.SMTP(local_hostname="client.example", timeout=timeout_s,
                          source_address=(source, 0) if source else None)
    client.connect(server, port)
    try:
        client.ehlo()
        client.mail(sender)
        client.rcpt(recipient)
        code, text = client.data(content)
        return "%d %s" % (code, text.decode("ascii"))
    finally:
        client.close()


def maildir_files(path):
    found = []
    for folder in ("new", "cur"):
        try:
            found += [os.path.join(path, folder, name)
                      for name in os.listdir(os.path.join(path, folder))]
        except FileNotFoundError:
            pass
    return found


def maildir_find(path, ident):
    """The files of a Maildir that hold ident."""
    found = []
    for name in maildir_files(path):
        try:
            with open(name, "rb") as f:
                if ident.encode("ascii") in f.read():
                    found.append(name)
        except FileNotFoundError:
            pass
    return found


def wait_in_maildir(path, ident, timeout_s=20):
    return wait_for("message %s in %s" % (ident[:8], path),
                    lambda: maildir_find(path, ident), timeout_s)[0]
