# muxlab - many ways to wait for a socket. `make help` lists the targets.

CC      ?= gcc
CFLAGS  ?= -O2 -g
WARN     = -Wall -Wextra -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith \
           -Wwrite-strings -Wformat=2 -Wundef -Wno-format-nonliteral
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. -pthread -fno-strict-aliasing $(WARN) $(CFLAGS)

# SAN=asan and SAN=tsan build everything once more, into a folder of their own.
SAN ?=
ifeq ($(SAN),asan)
  ALL_CFLAGS += -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DMUXLAB_FAULTS
else ifeq ($(SAN),tsan)
  ALL_CFLAGS += -O1 -fsanitize=thread
else ifneq ($(SAN),)
  $(error SAN is asan or tsan)
endif
B   := build$(SAN:%=-%)
OUT := $(SAN:%=build-%/)

V ?= 0
ifeq ($(V),0)
  say = @printf '  %-5s %s\n' '$(1)' '$(2)';
endif

CORE     := $(patsubst %.c,$(B)/%.o,$(wildcard core/*.c))
PROTO    := $(patsubst %.c,$(B)/%.o,$(wildcard proto/*.c))
BACKENDS := $(patsubst %.c,$(B)/%.o,$(wildcard backends/*.c))
SERVERS  := $(patsubst %.c,$(OUT)%,$(wildcard servers/*_server.c servers/*_master.c))
CLUSTER  := $(OUT)servers/cluster
SERVICES := $(patsubst %.c,$(B)/%.o,$(filter-out %_server.c %_master.c %/cluster.c,$(wildcard servers/*.c)))
CLIENTS  := $(patsubst %.c,$(OUT)%,$(wildcard clients/*_client.c))
CLIENT_PARTS := $(patsubst %.c,$(B)/%.o,$(filter-out %_client.c,$(wildcard clients/*.c)))
FLOORS   := $(patsubst %.c,$(OUT)%,$(wildcard bench/floors/*.c))
TIMERS   := $(patsubst %.c,$(B)/%.o,$(wildcard bench/timers/*.c))
LOAD     := $(patsubst %.c,$(B)/%.o,$(wildcard bench/*.c))
REPORT   := $(patsubst %.c,$(B)/%.o,$(wildcard report/*.c))
UNITS    := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
UNIT_LIB := $(patsubst %.c,$(B)/%.o,$(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)))
PROBE    := $(patsubst %.c,$(B)/%.o,$(wildcard tests/conform/*.c))

PROGRAMS := $(SERVERS) $(CLUSTER) $(CLIENTS) $(FLOORS) $(OUT)bench/timers/timers $(if $(LOAD),$(OUT)bench/load) $(if $(REPORT),$(OUT)report/summarize)

.PHONY: all
all: $(PROGRAMS) ## build the servers, the clients and the load generator (needs gcc and make)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# -rdynamic: a plug-in (--backend ./mine.so) calls what core/ offers.
$(SERVERS): $(OUT)%: $(B)/%.o $(CORE) $(PROTO) $(BACKENDS) $(SERVICES)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) -rdynamic $^ $(LDFLAGS) -ldl -o $@

$(B)/muxlab.a: $(CORE) $(PROTO)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(B)/clients.a: $(CLIENT_PARTS)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(CLIENTS) $(CLUSTER): $(OUT)%: $(B)/%.o $(B)/clients.a $(B)/muxlab.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -o $@

$(FLOORS): $(OUT)%: $(B)/%.o $(B)/muxlab.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -o $@

$(OUT)bench/timers/timers: $(TIMERS) $(B)/muxlab.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -lm -o $@

$(OUT)bench/load: $(LOAD) $(B)/muxlab.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -lm -o $@

$(OUT)report/summarize: $(REPORT) $(B)/muxlab.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -lm -o $@

# Unit tests link against everything but the mains: core, proto, services, and the parts of bench and report.
UNIT_PARTS = $(filter-out $(B)/bench/load.o $(B)/report/summarize.o,$(LOAD) $(REPORT))
$(UNITS): $(B)/%: $(B)/%.o $(UNIT_LIB) $(SERVICES) $(UNIT_PARTS) $(BACKENDS) $(CORE) $(PROTO)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -ldl -lm -o $@

$(B)/tests/conform/probe: $(PROBE) $(B)/muxlab.a
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -o $@

.PHONY: tests
tests: all $(UNITS) $(if $(PROBE),$(B)/tests/conform/probe)

# A plug-in outside the tree: cc -shared -fPIC -I muxlab mine.c -o mine.so; inside: make lab/mine.so
%.so: %.c
	$(call say,SO,$@)$(CC) $(ALL_CFLAGS) -shared -fPIC $< -o $@

# ---- running ----

BACKEND ?= epoll_lt
SERVICE ?= zen
HOST    ?= 127.0.0.1
WORKERS ?= 1
PORT    ?=
ARGS    ?=
server_zen      := servers/zen_server
server_echo     := servers/echo_server
server_redirect := servers/redirect_master
server_web      := servers/web_server
server_proxy    := servers/proxy_server
.PHONY: run
run: all ## run a server: BACKEND=epoll_et SERVICE=zen|echo|redirect|web|proxy|./mine.so HOST= PORT= WORKERS= ARGS=
	$(if $(findstring /,$(SERVICE)),servers/plugin_server $(SERVICE),$(or $(server_$(SERVICE)),$(error \
	  SERVICE is zen, echo, redirect, web, proxy or ./mine.so))) '$(HOST)' $(PORT:%=-p %) -b $(BACKEND) -w $(WORKERS) $(ARGS)

.PHONY: cluster
cluster: all ## five web servers on 9000... and the redirect master on 8080, kept running: BACKEND= HOST= PORT= ARGS=
	servers/cluster '$(HOST)' $(PORT:%=-p %) -b $(BACKEND) $(ARGS)

.PHONY: bench
bench: all ## compare the backends on this machine: charts and a page, in under three minutes (ARGS= for more)
	@tools/deps.sh bench
	bench/compare.sh $(ARGS)

.PHONY: bench-floors
bench-floors: all ## CPU time per request against hand-written minimal servers, and memory per idle connection
	bench/floors.sh $(ARGS)

.PHONY: bench-models
bench-models: all ## CPU time per request of every model against epoll_lt, in interleaved pairs on one core
	bench/models.sh $(ARGS)

.PHONY: bench-versus
bench-versus: all ## CPU time per answer against nginx, lighttpd and HAProxy, as far as installed (tools/deps.sh versus)
	bench/versus.sh $(ARGS)

.PHONY: bench-timers
bench-timers: all ## what the heap and the wheel of timers cost, 10 to 1,000,000 of them, and which the loops use
	bench/timers/timers $(ARGS)

.PHONY: bench-slow
bench-slow: all ## what 500 clients that send a head a byte a second cost the others, in time and memory
	bench/slow_clients.sh $(ARGS)

# ---- checking ----

.PHONY: test
test: tests ## run all tests: units, command line, every backend x every service, the comparison
	@tools/deps.sh test
	@tools/deps.sh fuzz || echo 'without clang and its run-time library the fuzz targets are skipped'
	tests/run.sh $(ARGS)

.PHONY: test-asan test-tsan
test-asan: ## the same under AddressSanitizer and UndefinedBehaviorSanitizer, with injected faults
	@tools/deps.sh test
	$(MAKE) SAN=asan tests
	tests/run.sh --san asan $(ARGS)
test-tsan: ## the same under ThreadSanitizer
	@tools/deps.sh test
	$(MAKE) SAN=tsan tests
	tests/run.sh --san tsan $(ARGS)

# Fuzz targets: clang's libFuzzer calls LLVMFuzzerTestOneInput() in tests/fuzz/fuzz_NAME.c with bytes that it makes up.
# Warnings about conversions are gcc's job: clang has another opinion of the sign of an enum.
FUZZ_CC     ?= clang
FUZZ_SECONDS ?= 600
FUZZ_SAN     = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-conversion
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,build-fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_LIB    := $(patsubst %.c,build-fuzz/%.o,$(wildcard core/*.c proto/*.c) \
                 $(filter-out %_server.c %_master.c servers/cluster.c,$(wildcard servers/*.c)) \
                 $(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)) \
                 $(filter-out $(wildcard tests/fuzz/fuzz_*.c),$(wildcard tests/fuzz/*.c)))

build-fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)$(FUZZ_CC) $(ALL_CFLAGS) $(FUZZ_SAN) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

build-fuzz/fuzz.a: $(FUZZ_LIB)
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $^

$(FUZZ_TARGETS): build-fuzz/%: build-fuzz/tests/fuzz/fuzz_%.o build-fuzz/fuzz.a
	$(call say,LINK,$@)$(FUZZ_CC) $(FUZZ_SAN) -fsanitize=fuzzer -pthread $^ -ldl -lm -o $@

.PHONY: fuzz fuzz-build
fuzz-build: $(FUZZ_TARGETS)
fuzz: ## feed parsers and services with made-up bytes, under AddressSanitizer (FUZZ_SECONDS=600, ARGS='request web')
	@tools/deps.sh fuzz
	$(MAKE) fuzz-build
	tests/fuzz/run.sh -s $(FUZZ_SECONDS) $(ARGS)

.PHONY: lint
lint: tests ## check layers, system calls, scripts and C (clang-tidy)
	@tools/deps.sh lint
	tools/lint.sh $(ARGS)

.PHONY: deps
deps: ## install what tests, charts and lint need (Debian's packages; asks nothing as root)
	tools/deps.sh

.PHONY: doctor
doctor: ## say what this machine lacks or limits, and what to do
	@tools/doctor.sh

# ---- the rest ----

prefix  ?= /usr/local
DESTDIR ?=
.PHONY: install
install: all ## install the programs (prefix=/usr/local, DESTDIR=)
	install -d '$(DESTDIR)$(prefix)/bin' '$(DESTDIR)$(prefix)/include/muxlab/core'
	install $(SERVERS) $(CLUSTER) $(CLIENTS) '$(DESTDIR)$(prefix)/bin'
	install -T $(OUT)bench/load '$(DESTDIR)$(prefix)/bin/muxlab-load'
	install -m 644 core/io.h core/backend.h core/sys.h core/counters.h core/pages.h \
	  '$(DESTDIR)$(prefix)/include/muxlab/core'

.PHONY: clean
clean: ## remove what was built (results stay)
	rm -rf build build-asan build-tsan build-fuzz $(PROGRAMS) lab/*.so

.PHONY: help
help: ## print this list
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

-include $(shell find $(B) build-fuzz -name '*.d' 2>/dev/null)
