# Short names for what people do most. Each is one cargo command; use those where there is no make.

.PHONY: run demo test lint bench build

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

bench: ## Memory and units of a fan-out to 1,000 and 100,000 watchers
	cargo run --release -p simulation --bin fanout

build: ## Release binaries
	cargo build --workspace --release
