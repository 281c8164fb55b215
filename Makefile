# The front door. `make demo` and `make test` do their own set-up.

BUILD ?= build
OTP_ROOT ?= /usr/lib/erlang
export CC ?= clang-19
export CXX ?= clang++-19
ifeq ($(origin CC),default)
CC = clang-19
endif
ifeq ($(origin CXX),default)
CXX = clang++-19
endif

# SAN=address|undefined|thread and HARD=1 choose a build of their own.
OPTIONS = -Dotp_root=$(OTP_ROOT) -Dbuildtype=release -Dassert_level=0
BYTES = --every 8
PROGRAMS = --seeds 400
TERMINAL = tests/terminal/run --purlin $(BUILD)/root
CLUSTER = tests/cluster/run --purlin $(BUILD)/root
RABBITMQ = $(BUILD)/rabbitmq
BROKER = tests/rabbitmq/run --purlin $(BUILD)/root $(RABBITMQ)
KV = cd examples/kv && MIX_BUILD_PATH=$(abspath $(BUILD))/kv-test \
     RA_PATH='$(abspath $(RABBITMQ))/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins' ../../bin/elixir -S mix test
ifneq ($(SAN)$(HARD),)
ORACLE = --patience 10 --sanitizer $(or $(SAN),hard)
BYTES = --every 200
PROGRAMS = --seeds 40
TERMINAL =
CLUSTER =
BROKER =
KV =
RABBITMQ =
endif
ifdef SAN
BUILD := $(BUILD)-$(SAN)
OPTIONS = -Dotp_root=$(OTP_ROOT) -Dbuildtype=debugoptimized -Dassert_level=1 -Db_sanitize=$(SAN) -Db_lundef=false -Dallocator=system
endif
ifdef HARD
BUILD := $(BUILD)-hard
OPTIONS = -Dotp_root=$(OTP_ROOT) -Dbuildtype=debugoptimized -Dassert_level=2
endif

.PHONY: help setup build test bytes demo cluster-kv lint bench fuzz generate clean

help:
	@sed -n 's/^## //p' Makefile

## make build   bin/erl, bin/iex, bin/mix, ... run on Purlin afterwards
build: $(BUILD)/build.ninja
	ninja -C $(BUILD)
	build-aux/make-root $(BUILD) $(OTP_ROOT)

$(BUILD)/build.ninja: | setup
	meson setup $(BUILD) $(OPTIONS)

setup:
	@build-aux/setup

## make test    unit tests, oracle cases, terminal scenarios, two nodes, a RabbitMQ broker of three, some of make bytes, examples/kv's own; SAN=address|undefined|thread or HARD=1 for the checking builds
test: build $(RABBITMQ)
	meson test -C $(BUILD) --print-errorlogs
	tests/oracle/run --purlin $(BUILD)/root $(ORACLE)
	tests/oracle/run --purlin $(BUILD)/root $(ORACLE) --cases tests/nif/cases
	$(TERMINAL)
	$(CLUSTER)
	$(BROKER)
	tests/bytes/run --purlin $(BUILD)/root $(BYTES)
	tests/generate/run --purlin $(BUILD)/root $(PROGRAMS)
	$(KV)

$(BUILD)/rabbitmq: | build
	build-aux/unpack-rabbitmq $@

## make generate SEEDS=20000   random programs, run by OTP and by Purlin
SEEDS ?= 20000
generate: build
	tests/generate/run --purlin $(BUILD)/root --seeds $(SEEDS)

## make bytes   OTP's kernel, stdlib, compiler and examples/kv, compiled on OTP and on Purlin: identical .beam files
bytes: build
	tests/bytes/run --purlin $(BUILD)/root

## make stress  a mix of everything on four schedulers for TIME=60 seconds: must neither crash nor leak
stress: build
	tests/stress/run $(BUILD)/root $(or $(TIME),60)

## make demo    runs examples/kv on Purlin
demo: build
	examples/kv/demo
	examples/kv/demo-pair

## make cluster-kv ROUNDS=100   examples/kv under load while its primary is killed, stopped, cut off; ALICE, BOB, WITNESS, CLIENTS: otp or purlin
ROUNDS ?= 12
ALICE ?= purlin
BOB ?= purlin
WITNESS ?= purlin
CLIENTS ?= purlin
cluster-kv: build
	tests/cluster/kv/run --purlin $(BUILD)/root --rounds $(ROUNDS) --alice $(ALICE) --bob $(BOB) --witness $(WITNESS) --clients $(CLIENTS)

## make fuzz TIME=60   feeds damaged files, terms and packets of other nodes to the VM, each for that many seconds
# Atoms live as long as the VM, where the leak checker does not look.
FUZZ = $(BUILD)-fuzz
fuzz: setup
	test -e $(FUZZ)/build.ninja || meson setup $(FUZZ) -Dotp_root=$(OTP_ROOT) -Dbuildtype=debugoptimized -Dassert_level=1 -Dfuzz=true \
	  -Dtests=false -Dallocator=system -Db_lundef=false
	ninja -C $(FUZZ)
	for name in beam dist ext; do \
	  mkdir -p $(FUZZ)/found/$$name && \
	  $(FUZZ)/tests/fuzz/fuzz_$$name -max_total_time=$(or $(TIME),60) \
	    -timeout=20 -rss_limit_mb=4096 -detect_leaks=0 -artifact_prefix=$(FUZZ)/found/ $(FUZZ)/found/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

## make lint    formatting, clang-tidy, and that no room includes one of a higher floor
lint: $(BUILD)/build.ninja
	build-aux/lint $(BUILD)

## make bench   side by side with OTP; writes docs/benchmarks.md
bench: build
	bench/run --purlin $(BUILD)/root --out docs/benchmarks.md

clean:
	rm -rf $(BUILD) $(BUILD)-*
