# Wanmi (万米). `make` alone lists the targets.
SHELL := /bin/bash
GO ?= go
TOOL := $(GO) tool -modfile=scripts/tools.mod
export CGO_ENABLED := 0# a static binary; the race detector alone needs C
WEBUI := cmd/wanmi/internal/webui
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
WEB_SOURCES := $(shell git ls-files $(WEBUI)/src $(WEBUI)/package-lock.json $(WEBUI)/*.mjs $(WEBUI)/*.json 2>/dev/null)

.PHONY: help build web demo test ci lint unit e2e fuzz bench bench-grids bench-census bench-tiles bench-growth bench-geocode bench-geocode-growth preset-pictures clean

help: ## list the targets
	@grep -hE '^[a-z][a-z0-9-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: web ## build bin/wanmi with the map page in it
	$(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/wanmi ./cmd/wanmi

web: .setup/web-built

.setup/web-built: $(WEB_SOURCES)
	@scripts/setup.sh web
	@cd $(WEBUI) && npm run --silent build
	@mkdir -p .setup && touch $@

demo: build ## build the synthetic city and serve it with its map on http://127.0.0.1:8080
	bin/wanmi demo

test: ## everything CI runs: linters, unit tests, the real binary end to end, the page in a browser
	@scripts/setup.sh test
	@scripts/with_postgres.sh $(MAKE) --no-print-directory lint build unit e2e

ci: test ## exactly what .ci/run runs

lint: web ## gofumpt, vet, staticcheck, the layer test
	@scripts/lint.sh

# SQLite's C code in Go and its C library are left out of the race detector, which would make them six times slower: the races sought are ours,
# and their locks are seen all the same, for they are those of the package sync. No other package of modernc.org may be left out: the driver
# makes sync.Map's code anew, and the linker may take that for everyone's, blind to the detector (encoding/json then races with itself).
NO_RACE := -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='modernc.org/libc=-race=false'
unit: web ## unit tests with the race detector, fuzz seeds included
	CGO_ENABLED=1 $(GO) test -race -short $(NO_RACE) -timeout 20m ./...
	$(GO) test -timeout 20m ./grids # all of it: its long tests say the same of races as the short ones

e2e: build ## the real binary over its real interfaces, then the page in headless Chromium
	WANMI_BIN=$(CURDIR)/bin/wanmi $(GO) test -tags e2e -count=1 -timeout 30m ./cmd/wanmi/e2e

fuzz: web ## run every fuzz target, or those of FUZZ="NAME NAME", niced, for FUZZTIME each (default 20s)
	@GO="$(GO)" scripts/fuzz.sh $(or $(FUZZTIME),20s) $(FUZZ)

bench: web ## the benchmarks of the cores
	$(GO) test -run '^$$' -bench . -benchmem ./gis/... ./grids/... ./tiles/... ./geocode/... ./data/...

bench-grids: ## divide real places and judge the cells; PLACES="DIR DIR" OUT=DIR takes other folders
	@GO="$(GO)" scripts/bench_grids.py "$(or $(OUT),bin/bench-grids)" $(PLACES)

bench-census: web ## a census of N=1000000 components in and out of both stores, beside ogr2ogr; OUT=DIR keeps the files
	@GO="$(GO)" scripts/with_postgres.sh scripts/bench_census.py "$(or $(OUT),bin/bench-census)" $(N)

bench-tiles: web ## tiles of N=1000000 components beside a bare ST_AsMVT handler and tippecanoe, data of ../shared/bench; OUT=DIR keeps the files
	@GO="$(GO)" scripts/with_postgres.sh scripts/bench_tiles.py "$(or $(OUT),bin/bench-tiles)" $(N)

bench-growth: web ## live tiles of cities from 10,000 to 10,000,000 components, on one core and two, for 200 clients beside an import
	@GO="$(GO)" scripts/bench_growth.py "$(or $(OUT),bin/bench-growth)" $(N)

bench-geocode: web ## geocoding: real texts, synthetic reports, N=1000000 entries, taipei_scale, batch and HTTP; beside a regular expression and FTS5; OUT=DIR
	@GO="$(GO)" scripts/bench_geocode.py "$(or $(OUT),bin/bench-geocode)" $(N)

bench-geocode-growth: ## geocoding in cities from 10,000 to 10,000,000 entries; GROWTH="10000 ..." takes other sizes
	@GO="$(GO)" ONLY=growth $(if $(GROWTH),GROWTH="$(GROWTH)") scripts/bench_geocode.py "$(or $(OUT),bin/bench-geocode)"

preset-pictures: ## draw docs/presets/*.svg and the tables of docs/presets.md and its Chinese twin from the synthetic city
	@mkdir -p bin && $(GO) build -o bin/.wanmi-pictures ./cmd/wanmi && scripts/preset_pictures.py bin/.wanmi-pictures; s=$$?; rm -f bin/.wanmi-pictures; exit $$s

clean: ## remove what was built
	rm -rf bin .setup $(WEBUI)/node_modules
