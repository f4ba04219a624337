# Two commands do everything on a fresh Debian or Ubuntu with a Swift toolchain: `make demo` and `make test`.

SWIFT ?= swift
PYTHON ?= python3
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := libsqlite3-dev libcurl4-openssl-dev libzstd-dev libarchive-dev pkg-config openssl make git gcc libc6-dev binutils python3 python3-venv
PROTOC_OUT := --swift_opt=UseAccessLevelOnImports=true
SEED ?= 1
# Tests that wait for a line: beside others that use all cores they would measure those.
ON_A_LINE = ^(SatchelTransportTests|Scenarios)[.]
BIN = $(shell $(SWIFT) build -c release --show-bin-path)

.PHONY: help demo test build release library wheel programs install uninstall deb test-packages test-valgrind test-tsan desktop test-docs simulate bench bench-sync bench-volume bench-size bench-memory bench-infer bench-training bench-prepare accuracy cards lint docs protobuf fixtures packages clean

help: ## What can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 15

packages: ## Install what is missing of the system's packages
	@missing=""; for package in $(PACKAGES); do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; \
	  $(SUDO) apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq --no-install-recommends $$missing; fi

release: packages ## Build satchel and satchel-hub, optimised
	$(SWIFT) build -c release --product satchel
	$(SWIFT) build -c release --product satchel-hub

STATIC = .build/c/release

library: packages ## libsatchel.so with the Swift runtime inside, optimised, in .build/c/release
	$(SWIFT) build -c release --product SatchelC
	Packaging/link.sh $(BIN) $(STATIC) library strip

wheel: library ## A wheel of the Python package, with the library inside, in dist/
	$(PYTHON) Sources/SatchelPython/build-wheel.py $(STATIC)/libsatchel.so dist

# Dates what is generated: the last commit's time, so that the same sources give the same bytes.
EPOCH = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct))

programs: library release ## All that is installed: library, programs, manual pages, completions, in .build/c/release
	Packaging/link.sh $(BIN) $(STATIC) satchel strip
	Packaging/link.sh $(BIN) $(STATIC) satchel-hub strip
	SOURCE_DATE_EPOCH=$(EPOCH) python3 -B Packaging/manual.py $(STATIC) $(STATIC)/man
	mkdir -p $(STATIC)/completions
	for program in satchel satchel-hub; do for shell in bash zsh fish; do \
	  $(STATIC)/$$program --generate-completion-script $$shell >$(STATIC)/completions/$$program.$$shell || exit 1; \
	done; done
	sed -i '1{/^#!/d}' $(STATIC)/completions/*.bash
	touch $(STATIC)/made

# A file, so that `sudo make install` after `make programs` builds nothing as root.
$(STATIC)/made: Makefile Package.swift Docs/cli.md $(wildcard Packaging/*.py) Packaging/link.sh Packaging/exports.map \
  Packaging/icu-without-data.c Packaging/reproducible.ld $(shell find Sources Sync -type f -not -name '*.py' -not -name '*.md')
	$(MAKE) programs

PREFIX ?= /usr/local
PLACES = PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) $(if $(LIBDIR),LIBDIR=$(LIBDIR)) $(if $(UNITDIR),UNITDIR=$(UNITDIR))

install: $(STATIC)/made ## Install under PREFIX (/usr/local), within DESTDIR
	$(PLACES) Packaging/install.sh install $(STATIC)

uninstall: ## Take away exactly what install put under PREFIX
	$(PLACES) Packaging/install.sh uninstall

deb: PACKAGES += dpkg-dev debhelper
deb: packages $(STATIC)/made ## Debian packages in dist/
	SOURCE_DATE_EPOCH=$(EPOCH) Packaging/deb.sh $(STATIC) dist

test-packages: PACKAGES += dpkg-dev debhelper lintian debootstrap mandoc man-db binutils systemd
test-packages: deb ## Install, link, uninstall, and run the packages in a clean root
	SOURCE_DATE_EPOCH=$(EPOCH) Packaging/test-packages.sh $(STATIC) dist $(BIN)

demo: release ## A hub, two laptops, three learners: the whole story on loopback
	$(BIN)/satchel demo --fixtures Fixtures

test: packages ## Build and run all tests
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --skip '$(ON_A_LINE)'
	$(SWIFT) test --skip-build --filter '^SatchelTransportTests[.]'
	$(SWIFT) test --skip-build --filter '^Scenarios[.]'
	Tests/CTests/run.sh $$($(SWIFT) build --show-bin-path)
	Tests/PythonTests/run.sh $$($(SWIFT) build --show-bin-path)

test-valgrind: PACKAGES += valgrind
test-valgrind: release library ## The C tests under valgrind: a wrong access or a leak fails; two minutes
	VALGRIND=1 Tests/CTests/run.sh $(BIN)

test-tsan: packages ## The C tests under ThreadSanitizer: a race between threads fails; three minutes the first time
	$(SWIFT) build --product satchel-hub
	TSAN=1 Tests/CTests/run.sh $$($(SWIFT) build --show-bin-path)

desktop: library ## The desktop example: a small learning app with GTK
	SATCHEL_LIBRARY=$(abspath $(STATIC)/libsatchel.so.0) Docs/Examples/desktop/run.sh

test-docs: release library ## Run every code block of every page, as a reader would
	$(PYTHON) Tests/DocBlocks/run.py $(BIN) $(STATIC)

lint: ## Check the form of our own sources
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Sync Tests

simulate: packages ## 10,000 rounds of sync in virtual time, under faults; SEED=n starts elsewhere
	$(SWIFT) build -c release --product satchel
	$(BIN)/satchel simulate --seed $(SEED) --rounds 10000 --steps 150 --replicas 5

bench: release ## Measure against references in the same run
	$(BIN)/satchel bench

bench-sync: release ## Sync beside Anki's sync server, where `pip install anki` was run
	$(PYTHON) Tests/Benchmarks/sync.py --bin $(BIN)

bench-volume: release ## A million records, a large hub, 40 laptops at once: time and memory
	$(PYTHON) Tests/Benchmarks/volume.py --bin $(BIN)

bench-infer: release ## The network beside LiteRT, ONNX Runtime and PyTorch, where they are installed
	python3 Tests/Benchmarks/infer.py $(BIN)/satchel

bench-training: release ## An epoch of training beside PyTorch, where it is installed
	python3 Tests/Benchmarks/training.py $(BIN)/satchel

bench-prepare: release ## Peak memory of prepare on tables of several sizes
	python3 Tests/Benchmarks/prepare.py $(BIN)/satchel

bench-size: release wheel ## The library's size, a client's start and memory, beside LiteRT's and Anki's packages
	Packaging/link.sh $(BIN) .build/c/symbols library
	$(PYTHON) Tests/Benchmarks/size.py $(BIN)/satchel $(STATIC) .build/c/symbols/libsatchel.so dist $(PYTHON)

bench-memory: release ## The memory model beside fsrs-rs, where `pip install fsrs-rs-python` was run
	$(PYTHON) Tests/Benchmarks/memory.py --bin $(BIN)

accuracy: release ## Train and test on the public data sets of SATCHEL_SHARED (../shared)
	Tests/accuracy.sh $(BIN)/satchel

cards: release ## Model cards of the public data sets, and whether their reasons are faithful
	$(PYTHON) Tests/cards.py $(BIN)/satchel

docs: packages ## DocC for the library; a warning is an error
	Docs/build-docc.sh

protobuf: ## Generate the protobuf code again, after a .proto was changed
	$(SWIFT) build --product protoc-gen-swift
	plugin=$$($(SWIFT) build --show-bin-path)/protoc-gen-swift; \
	protoc --plugin=$$plugin $(PROTOC_OUT) --proto_path=Sources/SatchelCore \
	  --swift_out=Sources/SatchelCore/Generated segment.proto; \
	protoc --plugin=$$plugin $(PROTOC_OUT) --proto_path=Sync/Protocol \
	  --swift_out=Sync/Protocol/Generated sync.proto bundle.proto

fixtures: release ## Make the course pack, the class and the first model again
	Fixtures/make.sh $(BIN)/satchel

clean: ## Remove what was built
	rm -rf .build .build-tsan
