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
ifneq ($(SAN)$(HARD),)
ORACLE = --patience 10
BYTES = --every 200
PROGRAMS = --seeds 40
TERMINAL =
endif
ifdef SAN
BUILD := $(BUILD)-$(SAN)
OPTIONS = -Dotp_root=$(OTP_ROOT) -Dbuildtype=debugoptimized -Dassert_level=1 -Db_sanitize=$(SAN) -Db_lundef=false -Dallocator=system
endif
ifdef HARD
BUILD := $(BUILD)-hard
OPTIONS = -Dotp_root=$(OTP_ROOT) -Dbuildtype=debugoptimized -Dassert_level=2
endif

.PHONY: help setup build test bytes demo lint bench fuzz generate clean

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

## make test    unit tests, oracle cases, terminal scenarios, some of make bytes; SAN=address|undefined|thread or HARD=1 for the checking builds
test: build
	meson test -C $(BUILD) --print-errorlogs
	tests/oracle/run --purlin $(BUILD)/root $(ORACLE)
	$(TERMINAL)
	tests/bytes/run --purlin $(BUILD)/root $(BYTES)
	tests/generate/run --purlin $(BUILD)/root $(PROGRAMS)

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

## make lint    formatting, clang-tidy, and that no room includes one of a higher floor
lint: $(BUILD)/build.ninja
	build-aux/lint $(BUILD)

## make bench   side by side with OTP; writes docs/benchmarks.md
bench: build
	bench/run --purlin $(BUILD)/root --out docs/benchmarks.md

clean:
	rm -rf $(BUILD) $(BUILD)-*
