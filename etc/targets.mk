# Targets for people: everything but the building itself.

JOBS	?= $(shell nproc)
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer \
	   -fno-sanitize-recover=undefined
MAKE_ASAN = $(MAKE) --no-print-directory BUILD=$(BUILD)/asan \
	    OPTIM="$(SANITIZE)"
MAKE_FUZZ = $(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang-14 \
	    WARN= HARDEN=-fPIE OPTIM="$(SANITIZE) -fsanitize=fuzzer-no-link"
MAN	= $(wildcard etc/*.[58])

help:
	@echo 'make            build the programs in $(BUILD)'
	@echo 'make demo       MX6 between two hosts on this machine: see it work'
	@echo 'make check      install what is missing, build, run all tests'
	@echo 'make run        the daemon in the foreground, ready for swaks'
	@echo 'make install    to $$DESTDIR$$PREFIX ($(PREFIX))'
	@echo 'make deps       install the Debian packages that are missing'
	@echo 'make units      the unit tests alone'
	@echo 'make asan       programs and tests with sanitizers, in $(BUILD)/asan'
	@echo 'make fuzz       FUZZ_SECONDS (60) of fuzzing for each target'
	@echo 'make crash      kill the processes under load, for minutes'
	@echo 'make bench      against Postfix, side by side'
	@echo 'make clean'

deps:
	@sh etc/install-packages build demo check

# The kinds of tests one by one; `make check` runs them all.
tests: $(TESTS) replays

units: $(TESTS)
	@tests/run --build $(BUILD) unit

asan:
	@+$(MAKE_ASAN) all tests

asan-tests:
	@+$(MAKE_ASAN) all tests

check: deps
	@tests/run --build $(BUILD) --jobs $(JOBS) all

# Each fuzz target twice: by gcc with a main() that replays the corpus, and
# by clang with libFuzzer.
FUZZERS	= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS	= $(FUZZERS:%=$(BUILD)/tests/fuzz/replay_%)
FUZZING	= $(FUZZERS:%=$(BUILD)/tests/fuzz/fuzz_%)
FUZZ_SECONDS ?= 60

replays: $(REPLAYS)

$(REPLAYS): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o \
    $(BUILD)/tests/fuzz/replay.o $(BUILD)/core.a
	$(CC) $(CFLAGS) $(LINKER) -o $@ $^ $(ALL_LIBS)

$(FUZZING): %: %.o $(BUILD)/core.a
	$(CC) $(CFLAGS) $(LINKER) -fsanitize=fuzzer -o $@ $^ $(ALL_LIBS)

fuzz-programs: $(FUZZING)

fuzz:
	@sh etc/install-packages build fuzz
	@+$(MAKE_FUZZ) -j$(JOBS) fuzz-programs
	@tests/fuzz/run-fuzz $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZERS)

# Benchmarks of one process, run by hand: build/tests/bench/bench_NAME.
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/core.a
	$(CC) $(CFLAGS) $(LINKER) -o $@ $^ $(ALL_LIBS)

demo:
	@sh etc/install-packages build demo
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@tests/lab/demo $(BUILD)

run: all
	@tests/lab/run-here $(BUILD)

crash: all
	@tests/system/run_crash --build $(BUILD) --minutes 10

bench: all
	@sh etc/install-packages build demo check bench
	@tests/bench/bench --build $(BUILD) --write

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/libexec/mx6d \
	    $(DESTDIR)$(PREFIX)/share/man/man5 \
	    $(DESTDIR)$(PREFIX)/share/man/man8 \
	    $(DESTDIR)$(PREFIX)/share/doc/mx6d \
	    $(DESTDIR)$(PREFIX)/lib/systemd/system
	install $(BUILD)/mx6d $(BUILD)/mx6ctl $(DESTDIR)$(PREFIX)/sbin
	install $(filter $(BUILD)/mx6d-%,$(PROGRAMS:%=$(BUILD)/%)) \
	    $(DESTDIR)$(PREFIX)/libexec/mx6d
	for page in $(MAN); do install -m 644 $$page \
	    $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}; done
	install -m 644 README INSTALL LICENSE etc/*.conf \
	    $(DESTDIR)$(PREFIX)/share/doc/mx6d
	sed 's,@PREFIX@,$(PREFIX),g' etc/mx6d.service \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/mx6d.service
	@echo 'Next: the users, directories and first steps of INSTALL.'

clean:
	rm -rf $(BUILD)

.PHONY: help deps tests units asan asan-tests check replays fuzz-programs fuzz demo run \
	crash bench install clean
