# mx6d.  `make demo` shows it, `make check` tests it, `make help` lists the rest.

PREFIX	?= /usr/local
DESTDIR	?=
BUILD	?= build
CC	?= cc
V	:= $(shell cat etc/version)

WARN	= -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla \
	  -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Werror
HARDEN	= -fstack-protector-strong -fstack-clash-protection -fcf-protection \
	  -fPIE -ftrivial-auto-var-init=zero
LINKER	= -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
OPTIM	?= -O2 -g -D_FORTIFY_SOURCE=2
CFLAGS	= -std=c17 -D_GNU_SOURCE -DMX6D_VERSION='"$(V)"' \
	  -DMX6D_PREFIX='"$(PREFIX)"' -I. -include util/banned.h \
	  -MMD -MP $(OPTIM) $(WARN) $(HARDEN)

# What each program is made of: its link line proves what it can call.  Its
# main file has its name; util is an archive that all may draw from.
PROGRAMS = mx6d mx6d-smtp mx6d-auth mx6d-policy mx6d-filter \
	   mx6d-resolver mx6d-queue \
	   mx6d-deliver mx6d-local mx6ctl

include etc/programs.mk

OBJECTS	= $(patsubst %.c,$(BUILD)/%.o,$(wildcard smtpd/*.c queue/*.c \
	  resolver/*.c policy/*.c util/*.c))
MAINS	= $(foreach p,$(PROGRAMS),$(BUILD)/$(main-$(p)).o)
CORE	= $(filter-out $(MAINS),$(OBJECTS))
TESTS	= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c \
	  tests/*/run_*.c))
ALL_LIBS = $(sort $(foreach p,$(PROGRAMS),$(libs-$(p)))) -lcmocka

all: $(PROGRAMS:%=$(BUILD)/%)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/util.a: $(patsubst %.c,$(BUILD)/%.o,$(wildcard util/*.c))
$(BUILD)/core.a: $(CORE)
$(BUILD)/%.a:
	@rm -f $@
	ar rcs $@ $^

define program
$(BUILD)/$(1): $(BUILD)/$(main-$(1)).o $(patsubst %,$(BUILD)/%.o,$(objs-$(1))) \
    $(BUILD)/util.a
	$(CC) $(CFLAGS) $(LINKER) -o $$@ $$^ $(libs-$(1))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))

$(TESTS): %: %.o $(BUILD)/core.a
	$(CC) $(CFLAGS) $(LINKER) -o $@ $^ $(ALL_LIBS)

include etc/targets.mk

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.SECONDARY:
.PHONY: all
