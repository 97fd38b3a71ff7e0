# Short names for what people do most. Each is one command; use those where there is no make.

.PHONY: run demo test lint bench build build-lambda test-deployed

run: ## The whole system in one process: http://127.0.0.1:8080
	cargo run -p hoopoe -- dev

demo: ## The main job against a running `make run`
	cargo run -p hoopoe -- demo

test: ## All tests
	cargo test --workspace

lint: ## Format, lints, documentation
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

# Scenarios take an hour and a half more, and are asked for: tests/bench/bench.py --scenarios
bench: ## The figures of docs/performance.md but scenarios; PEER=directory measures a peer beside us
	tests/bench/bench.py
	tests/bench/render.py

build: ## Release binaries
	cargo build --workspace --release

# The functions for Lambda: one build of the workspace for all of them, $(LAMBDA_DIR)/<name>/bootstrap.
#
#   LAMBDA_ARCH=arm64 | x86_64    what they run on; the template's Architecture must be the same
#   LAMBDA_BUILD=release | native native: unoptimised and for this machine, for an emulator; with the features of
#                                 `hoopoe`, so that what it is made of need not be built once more
FUNCTIONS := api clock courier-webhook deliver ingest prodamus-webhook stripe-webhook telegram-webhook
LAMBDA_ARCH ?= arm64
LAMBDA_BUILD ?= release
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)
LAMBDA_DIR := $(TARGET_DIR)/lambda-$(LAMBDA_BUILD)

build-lambda: build-lambda-$(LAMBDA_BUILD) ## All functions, for Lambda

build-lambda-release:
	cargo lambda build --locked --profile lambda --$(subst _,-,$(LAMBDA_ARCH)) \
		--lambda-dir $(LAMBDA_DIR) $(FUNCTIONS:%=-p %)

build-lambda-native:
	cargo build --locked --quiet -p hoopoe $(FUNCTIONS:%=-p %) --bins
	@for function in $(FUNCTIONS); do \
		binary=$(TARGET_DIR)/debug/$$function; to=$(LAMBDA_DIR)/$$function; \
		[ $$to/bootstrap -nt $$binary ] && continue; \
		mkdir -p $$to && strip -o $$to/bootstrap $$binary || exit 1; \
	done

# What `sam build` asks for, function by function. The first builds all, the others find it done.
build-ApiFunction: function := api
build-ClockFunction: function := clock
build-CourierWebhookFunction: function := courier-webhook
build-DeliverFunction: function := deliver
build-IngestFunction: function := ingest
build-ProdamusWebhookFunction: function := prodamus-webhook
build-StripeWebhookFunction: function := stripe-webhook
build-TelegramWebhookFunction: function := telegram-webhook
build-%Function: build-lambda
	cp $(LAMBDA_DIR)/$(function)/bootstrap $(ARTIFACTS_DIR)/

test-deployed: ## Deploy to an emulator of AWS on this machine, and walk the journeys there
	tests/deployed/run
