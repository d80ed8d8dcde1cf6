# The front door. `make help` lists what there is; deploy/native/ does the work.
# Each recipe is one simple command, so that make runs it without a shell in between and signals reach it.

MAKEFLAGS += --no-print-directory --no-builtin-rules
# The distribution's interpreter where there is one: it is built with profile-guided optimization.
PYTHON := $(firstword $(wildcard /usr/bin/python3) python3)
NATIVE := $(PYTHON) deploy/native/bootstrap.py

.DEFAULT_GOAL := help
.PHONY: help up down status logs trace restart run reset-password backup restore test check contracts contracts-check fuzz format install clean

help: ## this list
	@$(PYTHON) deploy/native/bootstrap.py help $(firstword $(MAKEFILE_LIST))

up: ## start the platform here and keep it until Ctrl-C (installs what is missing)
	@$(NATIVE) up

down: ## stop it from another shell
	@$(NATIVE) down

status: ## its processes, their health and memory
	@$(NATIVE) status

logs: ## follow logs: S=sales for one service, nothing for all; JSON=1 as they are written
	@$(NATIVE) logs $(S)

trace: ## one request's way through all services: ID=<the answer's X-Request-Id>
	@$(NATIVE) trace $(ID)

restart: ## restart a process or a group: S=sales-worker, S=broker
	@$(NATIVE) restart $(S)

run: ## a command of a service: S=sales C="dead list"
	@$(NATIVE) run $(S) $(C)

reset-password: ## a new password for USER=<e-mail or username>, printed once; ends the user's sessions
	@$(NATIVE) reset-password $(if $(filter command,$(origin USER)),'$(USER)')

backup: ## the databases as of one moment, and the secrets, while it runs: TO=folder (MOSTRADOR_HOME/backups/…)
	@$(NATIVE) backup $(TO)

restore: ## a backup in place of what is there, which is kept aside: FROM=folder
	@$(NATIVE) restore $(FROM)

test: ## everything that proves it, with servers of its own: S="services/sales" for some of it
	@$(NATIVE) test $(S)

check: ## the inner loop: lint, types, and the tests that need no server
	@$(NATIVE) check

contracts: ## write the API's documents anew from the code: OpenAPI, AsyncAPI
	@$(NATIVE) contracts

contracts-check: ## what has broken since BASE=<tag, branch or commit>: events, internal calls, APIs, migrations
	@$(NATIVE) contracts-check $(BASE)

fuzz: ## ask the API ever new things, by all its roles: F="--seconds 600 --seed 7 --only /api/orders/", F=--help
	@$(NATIVE) fuzz -- $(F)

format: ## put the Python code into its form
	@$(NATIVE) format

install: ## install what `up` and `test` need, start nothing
	@$(NATIVE) install

clean: ## stop the platform and delete all its data but the backups; asks first, FORCE=1 does not
	@$(NATIVE) clean
