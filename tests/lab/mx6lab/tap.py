# SPDX-License-Identifier: ISC
"""How a test program says what it found (TAP)."""

import sys
import traceback


class Tap:
    """
    with tap.test("mail arrives"):
        assert ...
    An assertion or error makes that test fail, Skip skips it; the next runs.
    """

    def __init__(self):
        self.count = self.failed = 0

    def test(self, name):
        return OneTest(self, name)

    def skip(self, name, reason):
        self.say(True, name, " # SKIP " + reason)

    def say(self, good, name, rest=""):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s%s" % ("" if good else "not ", self.count, name,
                                  rest), flush=True)

    def end(self):
        print("1..%d" % self.count, flush=True)
        sys.exit(1 if self.failed else 0)


class Skip(Exception):
    pass


class OneTest:
    def __init__(self, tap, name):
        self.tap, self.name = tap, name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and issubclass(kind, Skip):
            self.tap.skip(self.name, str(error))
            return True
        if kind is not None and not issubclass(kind, Exception):
            return False
        if kind is not None:
            for line in traceback.format_exception(kind, error, trace):
                for part in line.rstrip().splitlines():
                    print("# " + part)
        self.tap.say(kind is None, self.name)
        return True
