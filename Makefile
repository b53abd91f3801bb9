# The commands of everyday work. `make help` lists them.

SWIFT ?= swift
PRESET ?= fast/reversal-stack
# A second build folder for the build without OpenMP and oneDNN, so that neither build undoes the other.
BARE = NEURALMEMORY_OPENMP=0 NEURALMEMORY_ONEDNN=0 $(SWIFT)
BARE_PATH = --scratch-path .build-bare
LEVEL_TESTS = ^(KernelTests|NeuralMemoryTests)\.
# For the comparisons with other frameworks, and for plots.
PYTHON = .build/peers-venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help deps build train test test-default test-bare bench bench-peers bench-scaling bench-check same-bits python format \
	lint fuzz sanitize clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that the build wants, where they are missing
	@scripts/install-dependencies libomp-dev libdnnl-dev

build: deps ## build everything for release
	$(SWIFT) build -c release

train: deps ## train a network to reverse sequences with a neural stack (PRESET=… for another)
	$(SWIFT) run -c release trainer train --preset $(PRESET)

test: deps test-default test-bare ## run all tests; those that compute at every level of vector instructions

# Kernel and network tests run at each level that the processor has, the others at the best one.
test-default:
	$(SWIFT) build -c release --build-tests
	@for level in $$(.build/release/kernel-bench levels); do \
		echo "Kernel and network tests, NEURALMEMORY_ISA=$$level:"; \
		NEURALMEMORY_ISA=$$level $(SWIFT) test -c release --skip-build --filter '$(LEVEL_TESTS)' || exit 1; \
	done
	$(SWIFT) test -c release --skip-build --skip '$(LEVEL_TESTS)'

test-bare:
	$(BARE) build -c release --build-tests $(BARE_PATH)
	$(BARE) test -c release --skip-build $(BARE_PATH)

bench: deps ## verify every kernel against the reference, then time it
	$(SWIFT) run -c release kernel-bench

python: build
	@scripts/python-environment .build/peers-venv Benchmarks/peers/requirements.txt

bench-peers: python ## time training steps beside JAX and PyTorch (ARGUMENTS="--rows TEXT --rounds N")
	@$(PYTHON) Benchmarks/peers/compare.py $(ARGUMENTS)

bench-scaling: python ## measure how time grows with each size; plots in docs/plots (ARGUMENTS="--series NAME")
	@$(PYTHON) Benchmarks/scaling.py $(ARGUMENTS)

bench-check: build ## count instructions of fixed steps, fail on 10 % more (UPDATE=1 writes new counts)
	@python3 Benchmarks/instructions.py $(if $(UPDATE),--update)

same-bits: build ## compare the parameters that presets train to with those of another build (OLD=DIR, ARGUMENTS="--match TEXT")
	@python3 Benchmarks/same_bits.py $(if $(OLD),--old $(OLD)) $(ARGUMENTS)

format: ## format all sources in place
	$(SWIFT) format format --in-place --recursive Package.swift Sources Benchmarks Tests
	@scripts/install-dependencies clang-format
	clang-format -i CKernels/include/*.h CKernels/src/*.h CKernels/src/*.c

lint: deps ## check formatting, and that everything compiles without warnings
	@scripts/install-dependencies clang-format
	$(SWIFT) format lint --strict --recursive Package.swift Sources Benchmarks Tests
	clang-format --dry-run -Werror CKernels/include/*.h CKernels/src/*.h CKernels/src/*.c
	NEURALMEMORY_STRICT=1 $(SWIFT) build --build-tests --scratch-path .build-lint

fuzz: deps ## give mutated files and input to their readers (FUZZ_COUNT=, FUZZ_SECONDS= for each kind, FUZZ_SEED=)
	$(SWIFT) build -c release --product reader-fuzz
	.build/release/reader-fuzz $(if $(FUZZ_COUNT),--count $(FUZZ_COUNT)) $(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS)) \
		$(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

sanitize: deps ## run the tests with the address sanitizer
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test -c release --scratch-path .build-sanitize --sanitize=address

clean: ## remove everything that was built
	rm -rf .build .build-bare .build-lint .build-sanitize
