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
SERVICES := $(patsubst %.c,$(B)/%.o,$(filter-out %_server.c %_master.c,$(wildcard servers/*.c)))
CLIENTS  := $(patsubst %.c,$(OUT)%,$(wildcard clients/*_client.c))
FLOORS   := $(patsubst %.c,$(OUT)%,$(wildcard bench/floors/*.c))
LOAD     := $(patsubst %.c,$(B)/%.o,$(wildcard bench/*.c))
REPORT   := $(patsubst %.c,$(B)/%.o,$(wildcard report/*.c))
UNITS    := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/test_*.c))
UNIT_LIB := $(patsubst %.c,$(B)/%.o,$(filter-out $(wildcard tests/unit/test_*.c),$(wildcard tests/unit/*.c)))
PROBE    := $(patsubst %.c,$(B)/%.o,$(wildcard tests/conform/*.c))

PROGRAMS := $(SERVERS) $(CLIENTS) $(FLOORS) $(if $(LOAD),$(OUT)bench/load) $(if $(REPORT),$(OUT)report/summarize)

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

$(CLIENTS): $(OUT)%: $(B)/%.o $(B)/muxlab.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -o $@

$(FLOORS): $(OUT)%: $(B)/%.o
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) $(ALL_CFLAGS) $^ $(LDFLAGS) -o $@

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

.PHONY: clean
clean: ## remove what was built (results stay)
	rm -rf build build-asan build-tsan $(PROGRAMS) lab/*.so

-include $(shell find build$(SAN:%=-%) -name '*.d' 2>/dev/null)
