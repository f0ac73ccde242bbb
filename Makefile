# The front door. Everything else (Meson, npm) is called from here; see README.md.
#   make run    install what is missing, build server and studio, start on 127.0.0.1:5950
#   make test   install what is missing, run every test and the repository checks
#   make check  what one runs before a commit: sanitized build, unit, conformance, API
#   make bench  the measurements of docs/reference/performance.md

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
BUILD ?= build
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 2
DATA ?= ./telaio-data
LISTEN ?= 127.0.0.1:5950
export PATH := $(CURDIR)/$(BUILD)/node/node_modules/.bin:$(CURDIR)/$(BUILD)/node/bin:$(PATH)

.PHONY: run build studio check test bench lint lint-all format install clean packages

run: build
	exec $(BUILD)/telaio serve --data $(DATA) --listen $(LISTEN)

packages:
	@tools/install-packages build

build: packages studio
	@tools/configure $(BUILD) -Dtests=false -Db_lto=true
	ninja -C $(BUILD) -j$(JOBS) telaio

studio: packages
	@tools/build-studio

check:
	@tools/run-checks check

test:
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tools/run-checks test

bench: build
	@tools/install-packages bench
	tests/bench/run

lint:
	@tools/install-packages lint
	@tools/lint

lint-all:
	@tools/install-packages lint-all
	@tools/lint --all

format:
	@clang-format --version | grep -q 'version 14\.' || \
		{ echo "clang-format 14 decides; another one lays out a few things anew" >&2; exit 1; }
	@git ls-files '*.c' '*.h' | xargs clang-format -i

install: build
	DESTDIR="$(DESTDIR)" tools/install $(BUILD)

clean:
	rm -rf $(BUILD) build-asan build-tsan build-fuzz web/dist web/dist-pack
