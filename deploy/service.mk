# What every service's Makefile includes: the service alone, whatever else is checked out beside libs/, contracts/ and deploy/.
# It names itself in SERVICE, and in TRY a first request: GET or POST, path, JSON.

MAKEFLAGS += --no-print-directory --no-builtin-rules
PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)
NATIVE := $(PYTHON) $(dir $(lastword $(MAKEFILE_LIST)))native/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help test run play image contracts-check

help: ## this list
	@$(NATIVE) help $(lastword $(MAKEFILE_LIST)) $(SERVICE)

test: ## its tests and its contracts, on both databases: installs what is missing
	@$(NATIVE) test services/$(SERVICE)

run: ## its web and worker on SQLite, with played neighbours and a token for curl, until Ctrl-C
	@$(NATIVE) alone $(SERVICE) '$(TRY)'

play: ## tell it, while it runs, events of its neighbours: E=<type> for one, nothing for all but endings
	@$(NATIVE) play $(SERVICE) $(E)

image: ## build its image, mostrador/<service>:<version>, with Docker or Podman
	@$(NATIVE) image $(SERVICE)

contracts-check: ## what has broken since BASE=<tag, branch or commit>
	@$(NATIVE) contracts-check $(BASE)
