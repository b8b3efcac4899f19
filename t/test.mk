#: make check           unit tests, lkgrant, Test::Nginx suites (no installing)
#: make check-unit      the library's unit tests
#: make check-cli       the command-line tool
#: make check-nginx     the Test::Nginx suites
#: make check-e2e       real LiveKit, Redis, next-auth and Chromium
#: make check-asan      unit tests and suites under ASan and UBSan
#: make check-valgrind  unit tests and suites under valgrind
#: make check-style     the source's form
#: make fuzz            each fuzz target for FUZZ_TIME seconds (default 60)
#: make fuzz-json       the JSON scanner against jansson, 50 million inputs
#: make check-cost      instructions of a token, as callgrind counts them
#: make bench           what a token costs, beside "return 200" and the peers
#: make endurance       a hundred million tokens, and the memory of the worker
#: make soak            reloads, Redis failures and a cluster that changes
#: make chaos           ten thousand things that happen to a Redis, at random

PROVE    ?= prove
TESTS    ?= $(sort $(wildcard t/*.t))
FUZZ     := $(sort $(wildcard t/fuzz/*_fuzz.c))
FUZZ_TIME ?= 60
FUZZ_INPUTS ?= 50000000

$(BUILD)/static/%.o: lib/%.c $(LIB_HDR) | deps
	@mkdir -p $(@D)
	$(CC) $(LIBFLAGS) $(CFLAGS) $(CPPFLAGS) -c -o $@ $<

$(BUILD)/unit/%: t/unit/%.c t/unit/lkg_test.h $(HID_OBJ)
	@mkdir -p $(@D)
	$(CC) $(LIBFLAGS) -It/unit $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) -o $@ $< \
	    $(HID_OBJ) $(LIBS) -ljwt

# every allocation fails once in this one
$(BUILD)/unit/lkg_nomem_test: LDFLAGS += \
    -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc

test:
	t/install.sh test
	t/e2e/install.sh
	$(MAKE) all check check-e2e

check: check-style check-unit check-cli check-nginx check-cost

check-unit: $(UNIT)
	$(PROVE) -e '' $(UNIT)

check-cli: tool
	LKGRANT=$(BUILD)/lkgrant $(PROVE) t/cli

check-nginx: all
	TEST_NGINX_BINARY=$(NGINX) $(PROVE) $(TESTS)

check-e2e: all
	PATH="$(abspath $(BUILD))/e2e/bin:$$PATH" $(PROVE) -v t/e2e

check-style:
	t/style.sh

check-asan:
	t/asan.sh $(TESTS)

check-valgrind: all $(UNIT)
	t/valgrind.sh $(TESTS)

fuzz:
	t/fuzz/run.sh $(FUZZ_TIME) $(FUZZ)

fuzz-json:
	t/fuzz/run.sh -n $(FUZZ_INPUTS) t/fuzz/lkg_json_fuzz.c

check-cost: all
	$(PROVE) t/bench/instructions.t

bench: all
	t/e2e/install.sh
	t/bench/install.sh
	t/bench/bench.py $(BENCH)

endurance: all
	t/bench/install.sh
	t/bench/endurance.py $(ENDURANCE)

soak: all
	t/soak/run.sh
	LIVEKIT_TOPOLOGIES=100 TEST_NGINX_BINARY=$(NGINX) \
	    $(PROVE) t/64-redis-cluster.t

chaos: all
	t/soak/run.sh chaos

demo:
	t/install.sh build
	t/e2e/install.sh demo
	$(MAKE) all
	examples/demo/run.sh

classroom:
	t/install.sh build
	t/e2e/install.sh classroom
	$(MAKE) all
	examples/classroom/run.sh

.PHONY: classroom check check-unit check-cli check-nginx check-e2e check-style \
        check-asan check-valgrind check-cost fuzz fuzz-json bench endurance \
        soak chaos
