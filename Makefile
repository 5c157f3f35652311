# xsweep. `make demo` first, then `make test`; `make help` lists the rest.

GO       ?= go
CLANG    ?= clang-14
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS  := -s -w -X main.release=$(VERSION)
FUZZTIME ?= 20s
RUNS     ?= 5
SOAK     ?= 1h
COUNT    ?= 1000000000

# What reads bytes that others made up, by package and target: make fuzz-ci.
FUZZ_CI  ?= packet:FuzzParse scan:FuzzSteerAgainstParser internal/checkpoint:FuzzLoad blocklist:FuzzLoaderSet output:FuzzParseFilter

# Tools are pinned, and run without being installed.
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
BENCHSTAT := golang.org/x/perf/cmd/benchstat@latest

.PHONY: build test test-arm64 soak soak-xsk soak-forgery demo bench bench-rx bench-peers recall-curve peers coverage marathon lint fuzz fuzz-ci docs man generate check-generate clean help

build: ## the static binary, bin/xsweep
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/xsweep ./cmd/xsweep

demo: build ## a simulated Internet on this machine, scanned (root)
	./bin/xsweep demo

test: check-generate ## the whole suite; what needs namespaces needs root, and is skipped without
	$(GO) vet ./...
	$(GO) test -p 1 -timeout 40m ./...

test-arm64: ## the ring logic of xsk on arm64, emulated (installs qemu-user where it is missing)
	@GO=$(GO) .ci/test-arm64

soak: ## scans with faults and forgery at full rate for SOAK (1h): every packet accounted for, nothing grows (root)
	XSWEEP_SOAK=$(SOAK) XSWEEP_REQUIRE_NETNS=1 $(GO) test -count=1 -timeout 0 -v -run '^TestSoak$$' ./scan

soak-xsk: ## AF_XDP sockets under injected faults for SOAK: no frame leaked, no call in vain (root)
	XSWEEP_SOAK=$(SOAK) XSWEEP_REQUIRE_NETNS=1 $(GO) test -count=1 -timeout 0 -v -run '^TestSoak$$' ./xsk

soak-forgery: ## a scan under COUNT (10^9) forged answers, as many a second as there can be: no row is forged (root)
	XSWEEP_FORGERIES=$(COUNT) XSWEEP_REQUIRE_NETNS=1 $(GO) test -count=1 -timeout 0 -v -run '^TestSoakForgery$$' ./scan

bench: build ## ns per probe of the generator, and pps of a scan in the lab (root)
	@.ci/bench

bench-rx: build ## packets a second by each way to receive, in the lab, into docs/performance.md (root)
	@.ci/bench-rx

peers: build
	@.ci/install zmap masscan
	$(GO) build -trimpath -o bin/peers ./internal/peers

bench-peers: peers ## ZMap and masscan beside us, RUNS (5) times each: the table of docs/performance.md (root, 20 minutes)
	./bin/peers measure -test drop,answer -runs $(RUNS) -o docs/peers.csv
	./bin/peers report

recall-curve: peers ## what each finds against its rate, RUNS (5) times each: docs/recall.png (root, 15 minutes)
	./bin/peers measure -test recall -runs $(RUNS) -o docs/recall.csv
	./bin/peers report

coverage: ## that a scan of all of IPv4 has every address once: minutes, half a gigabyte, no root
	XSWEEP_COVERAGE=1 $(GO) test -count=1 -timeout 60m -v -run TestCoverageOfIPv4 ./cmd/xsweep

marathon: ## 2^32 probes by engine xdp in the lab, held against the truth: minutes (root); PORTS=1024 is a thirty-second of it
	MARATHON_PORTS=$(or $(PORTS),32768) $(GO) test -count=1 -timeout 120m -v -run '^TestMarathon$$' ./cmd/xsweep

lint: ## gofmt and golangci-lint
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt -w .'; exit 1; }
	$(GO) run $(GOLANGCI) run ./...

fuzz: ## every fuzz target for FUZZTIME (20s)
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg; \
	  done; \
	done

fuzz-ci: ## the targets of FUZZ_CI for FUZZTIME (20s) each
	@set -e; for each in $(FUZZ_CI); do \
	  echo "$$each"; \
	  $(GO) test -list "^$${each#*:}\$$" ./$${each%:*} | grep -q '^Fuzz' || { echo "there is no $$each"; exit 1; }; \
	  $(GO) test -run '^$$' -fuzz "^$${each#*:}\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./$${each%:*}; \
	done

docs: ## docs/zmap.md and docs/man/xsweep.1 anew, from the flags
	$(GO) test ./cmd/xsweep -run '^TestDocs$$' -update

man: docs ## the manual page: docs writes it, too

generate: ## the BPF objects anew (clang-14, llvm-14, libbpf-dev)
	$(GO) generate ./...

check-generate: ## that the committed BPF objects are those of their sources, where clang-14 is there to tell
	@CLANG=$(CLANG) GO=$(GO) .ci/check-generate

clean: ## what was built
	rm -rf bin

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16
