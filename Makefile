# The commands of everyday work. `make help` lists them.

SWIFT ?= swift
PRESET ?= fast/reversal-stack
# What `trainer --version` names as the commit: only where this folder is a repository, and not just inside of one.
ifndef NEURALMEMORY_COMMIT
NEURALMEMORY_COMMIT := $(if $(wildcard .git),$(shell git describe --always --abbrev=7 --exclude='*' --dirty=-modified 2>/dev/null))
endif
export NEURALMEMORY_COMMIT
# A second build folder for the build without OpenMP, oneDNN and MPI, so that neither build undoes the other. With BARE_PATH= there
# is one for both: a first build of both is then some minutes shorter, because only kernels and programs are built twice.
BARE = NEURALMEMORY_OPENMP=0 NEURALMEMORY_ONEDNN=0 NEURALMEMORY_MPI=0 $(SWIFT)
BARE_PATH = --scratch-path .build-bare
# The kernels and their checks in plain C, without Swift, OpenMP and oneDNN; see Tests/KernelChecks.
CLANG ?= clang
CHECKS = .build-checks
BUILD_CHECKS = $(CLANG) -std=c11 -Wall -Wextra -ICKernels/include -ICKernels/src -ITests/KernelChecks/include \
	CKernels/src/*.c CKernels/src/*/*.c Tests/KernelChecks/*.c -fuse-ld=lld -lm -lpthread
# The thread sanitizer of Swift's clang needs Swift's libdispatch.
DISPATCH = $(dir $(realpath $(shell command -v $(CLANG))))../lib/swift/linux
C_FILES = CKernels/*/*.[ch] CKernels/src/*/*.[ch] Sources/CMPI/*.[ch] Sources/CMPI/include/*.h \
	Tests/KernelChecks/*.[ch] Tests/KernelChecks/include/*.h
LEVEL_TESTS = ^(KernelTests|NeuralMemoryTests)\.
TRAINER = .build/release/trainer
# For the comparisons with other frameworks, and for plots.
PYTHON = .build/peers-venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help deps deps-mpi build build-trainer train install uninstall test test-default test-bare test-seeds test-ratios \
	test-tensorboard test-export test-dumps test-data test-mpi test-pages pages-environment test-neon bench bench-peers bench-pairs bench-scaling \
	bench-busy bench-ranks bench-explorer bench-check same-bits figures examples python docs check-docs format check-format lint \
	sanitize sanitize-kernels torture fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that the build wants, where they are missing
	@scripts/install-dependencies libomp-dev libdnnl-dev

deps-mpi: ## install Open MPI, for training by several processes, and what its tests want, where they are missing
	@scripts/install-dependencies libopenmpi-dev openmpi-bin iproute2

build: deps ## build everything for release
	$(SWIFT) build -c release

# The trainer alone, for what needs no more.
build-trainer: deps
	$(SWIFT) build -c release --product trainer

train: build-trainer ## train a network to reverse sequences with a neural stack (PRESET=… for another)
	.build/release/trainer train --preset $(PRESET)

# Where `make install` puts things; DESTDIR stands before it, for those who make packages.
PREFIX ?= /usr/local

# Under sudo, what was built before is installed, so that no files of root's are among those of the build.
install: ## install trainer with its files, manual pages and completions (PREFIX=/usr/local DESTDIR=)
	@if [ -z "$$SUDO_UID" ] || [ ! -x .build/release/trainer ]; then $(MAKE) -s -f $(firstword $(MAKEFILE_LIST)) deps && \
		$(SWIFT) build -c release --product trainer; fi
	@scripts/install-program .build/release $(DESTDIR)$(PREFIX)

uninstall: ## remove what `make install` installed, from the same PREFIX and DESTDIR
	@scripts/install-program --remove .build/release $(DESTDIR)$(PREFIX)

# Suites run side by side, on few cores: OpenMP's threads should not keep one busy while they wait.
test test-default test-seeds: export KMP_BLOCKTIME ?= 0

test: deps test-bare test-default ## run all tests; those that compute at every level of vector instructions

test-bare:
	$(BARE) build -c release --build-tests $(BARE_PATH)
	$(BARE) test -c release --skip-build $(BARE_PATH)

# Kernel and network tests run at each level that the processor has, the others at the best one.
test-default:
	$(SWIFT) build -c release --build-tests
	@for level in $$(.build/release/kernel-bench levels); do \
		echo "Kernel and network tests, NEURALMEMORY_ISA=$$level:"; \
		NEURALMEMORY_ISA=$$level $(SWIFT) test -c release --skip-build --filter '$(LEVEL_TESTS)' || exit 1; \
	done
	$(SWIFT) test -c release --skip-build --skip '$(LEVEL_TESTS)'

examples: deps ## build and run the packages in Examples, which add kinds of their own
	$(SWIFT) run --package-path Examples/OwnKinds --scratch-path .build-examples

# The suites with random cases, and how many other seeds they are run under.
RANDOM_SUITES = ^(KernelTests|NeuralMemoryTests|SupportTests|TasksTests|TrainingTests)\.
FIRST ?= 1
COUNT ?= 20

test-seeds: deps ## run the suites with random cases under COUNT=20 other seeds, from FIRST=1 on
	$(SWIFT) build -c release --build-tests
	@failed=; for seed in $$(seq $(FIRST) $$(($(FIRST) + $(COUNT) - 1))); do \
		echo "NEURALMEMORY_TEST_SEED=$$seed"; \
		NEURALMEMORY_TEST_SEED=$$seed $(SWIFT) test -c release --skip-build --filter '$(RANDOM_SUITES)' \
			|| failed="$$failed $$seed"; \
	done; \
	if [ -n "$$failed" ]; then echo "failed with NEURALMEMORY_TEST_SEED in$$failed"; exit 1; fi

test-ratios: ## print the largest share of its bound that an error takes, at each place in the tests, over COUNT=20 seeds
	@NEURALMEMORY_TEST_RATIOS=1 $(MAKE) -s test-seeds | awk '$$1 == "ratio" { ratio = $$2; $$1 = $$2 = ""; \
		if (ratio > largest[$$0]) largest[$$0] = ratio } END { for (place in largest) print largest[place] place }' | sort -k 2

test-tensorboard: build-trainer ## check with TensorBoard's reader what a run that was killed and resumed wrote for it
	@scripts/python-environment .build/tensorboard-venv Tests/peers/tensorboard-requirements.txt
	@.build/tensorboard-venv/bin/python Tests/peers/check_tensorboard.py .build/release/trainer

test-export: build-trainer ## check that exported PyTorch networks give the outputs that they give here
	@scripts/python-environment .build/export-venv Tests/peers/export-requirements.txt "PyTorch: 1 GB or more"
	@.build/export-venv/bin/python Tests/peers/check_export.py .build/release/trainer

test-dumps: build-trainer ## check dumps and recordings of random DNCs and sparse access memories (ARGUMENTS="--count 500")
	@scripts/python-environment .build/export-venv Tests/peers/export-requirements.txt "PyTorch: 1 GB or more"
	@.build/export-venv/bin/python Tests/peers/check_dumps.py .build/release/trainer $(ARGUMENTS)

test-data: ## check the scripts of Examples/Data that make data
	@python3 -m unittest discover -s Tests/data

# The build finds MPI by itself. Hosts are network namespaces, which root may make.
HOSTS_LOST ?= 5

test-mpi: deps-mpi build-trainer ## train by several ranks, on several hosts too: the same bits, and what is lost is named (HOSTS_LOST=5)
	@scripts/install-dependencies strace
	@python3 Tests/mpi/check_bits.py $(TRAINER)
	@python3 Tests/mpi/check_hosts.py $(TRAINER) --times $(HOSTS_LOST)
	@python3 Tests/mpi/check_runs.py $(TRAINER)

bench: deps ## verify every kernel against the reference, then time it
	$(SWIFT) run -c release kernel-bench

python: build
	@scripts/python-environment .build/peers-venv Benchmarks/peers/requirements.txt \
		"Python, JAX, PyTorch and matplotlib: 1 GB or more"

bench-peers: python ## time training steps beside JAX and PyTorch (ARGUMENTS="--rows TEXT --rounds N")
	@$(PYTHON) Benchmarks/peers/compare.py $(ARGUMENTS)

bench-pairs: build ## time training steps in turns with another build (OLD=DIR, ARGUMENTS="--rows TEXT --rounds N")
	@python3 Benchmarks/paired_steps.py --old $(OLD) $(ARGUMENTS)

bench-scaling: python ## measure how time grows with each size; plots in docs/plots (ARGUMENTS="--series NAME")
	@$(PYTHON) Benchmarks/scaling.py $(ARGUMENTS)

bench-busy: build ## time training steps while other processes compute (ARGUMENTS="--busy N --rounds N")
	@python3 Benchmarks/busy_core.py $(ARGUMENTS)

bench-ranks: deps-mpi build ## time training steps on one and two MPI ranks, in turns (ARGUMENTS="--batch N --rounds N")
	@python3 Benchmarks/ranks.py $(ARGUMENTS)

bench-explorer: build pages-environment ## measure what report and explorer take, and what an open page costs training
	@.build/pages-venv/bin/python Benchmarks/explorer.py $(ARGUMENTS)

bench-check: build ## count instructions of fixed steps, fail on 10 % more (UPDATE=1 writes new counts)
	@python3 Benchmarks/instructions.py $(if $(UPDATE),--update)

same-bits: build ## compare the parameters that presets train to with those of another build (OLD=DIR, ARGUMENTS="--match TEXT")
	@python3 Benchmarks/same_bits.py $(if $(OLD),--old $(OLD)) $(ARGUMENTS)

figures: build ## train the networks of the figures in README.md and docs, and draw them into docs/plots (NAMES="reversal …")
	@scripts/figures $(NAMES)

# Of each public declaration a comment is asked for; swift-format's rule would also ask for one where a protocol has it.
docs: deps ## build a site of docs/ and of all modules into .build/docs; fail where it has gaps or dead links
	@scripts/build-documentation NeuralMemory NeuralMemoryTasks NeuralMemoryTraining NeuralMemoryFigures ReferenceKernels

check-docs: build ## type every command of README and docs, and follow their links (ARGUMENTS="--list PAGE")
	@scripts/install-dependencies wamerican librsvg2-bin
	@scripts/check-docs $(ARGUMENTS)

format: ## format all sources in place
	$(SWIFT) format format --in-place --recursive Package.swift Sources Benchmarks Tests Examples
	@scripts/install-dependencies clang-format
	clang-format -i $(C_FILES)

check-format: ## check formatting alone
	@scripts/install-dependencies clang-format
	$(SWIFT) format lint --strict --recursive Package.swift Sources Benchmarks Tests Examples
	clang-format --dry-run -Werror $(C_FILES)

lint: deps check-format ## check formatting, and that everything compiles without warnings
	NEURALMEMORY_STRICT=1 $(SWIFT) build --build-tests --scratch-path .build-lint

pages-environment:
	@scripts/install-dependencies chromium chromium-driver
	@scripts/python-environment .build/pages-venv Tests/pages/requirements.txt Selenium

test-pages: build-trainer pages-environment ## open report and explorer in a browser, as a person would (ARGUMENTS="--screenshots DIR")
	@.build/pages-venv/bin/python Tests/pages/check_pages.py $(ARGUMENTS)

test-neon: ## run the kernels' checks for 64-bit ARM under emulation, and compare with this processor's results
	@scripts/install-dependencies qemu-user libc6-dev-arm64-cross gcc-aarch64-linux-gnu
	@mkdir -p $(CHECKS)
	$(BUILD_CHECKS) -O3 -o $(CHECKS)/native
	$(BUILD_CHECKS) -O3 --target=aarch64-linux-gnu -static -o $(CHECKS)/neon
	$(CHECKS)/native --write $(CHECKS)/native.txt
	qemu-aarch64 $(CHECKS)/neon --write $(CHECKS)/neon.txt
	$(CHECKS)/native --compare $(CHECKS)/native.txt $(CHECKS)/neon.txt

sanitize: deps sanitize-kernels ## run the kernels' checks and the tests with address, undefined-behaviour and thread sanitizers
	ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1 \
		$(SWIFT) test -c release --scratch-path .build-sanitize --sanitize=address

# Kernels at each level. Threads are those of the checks: the thread sanitizer does not know the OpenMP runtime.
sanitize-kernels:
	@mkdir -p $(CHECKS)
	$(BUILD_CHECKS) -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -o $(CHECKS)/address
	$(BUILD_CHECKS) -O1 -g -fsanitize=thread -L$(DISPATCH) -ldispatch -lBlocksRuntime -Wl,-rpath,$(DISPATCH) \
		-o $(CHECKS)/thread
	for level in $$($(CHECKS)/address --levels); do \
		NEURALMEMORY_ISA=$$level $(CHECKS)/address && NEURALMEMORY_ISA=$$level $(CHECKS)/thread || exit 1; \
	done

torture: build ## stop, kill, starve and feed the trainer at random (TORTURE_SECONDS=300 TORTURE_SEED=…)
	@scripts/install-dependencies strace
	@python3 Tests/torture/torture.py $(ARGUMENTS)

fuzz: deps ## give mutated files and input to their readers (FUZZ_COUNT=, FUZZ_SECONDS= for each kind, FUZZ_SEED=)
	$(SWIFT) build -c release --product reader-fuzz
	.build/release/reader-fuzz $(if $(FUZZ_COUNT),--count $(FUZZ_COUNT)) $(if $(FUZZ_SECONDS),--seconds $(FUZZ_SECONDS)) \
		$(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

clean: ## remove everything that was built
	rm -rf .build .build-bare .build-examples .build-lint .build-sanitize $(CHECKS)
