# The commands of `python3 -m marketplace`, for habit.
.PHONY: help run test soak bench lint

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: ## prepare everything and serve on http://127.0.0.1:8000
	python3 -m marketplace run

test: ## the whole test suite, on SQLite and PostgreSQL
	python3 -m marketplace test -n auto

soak: ## the suite with the long forms of its heavy proofs
	python3 -m marketplace test --soak -m soak --timeout 3600

bench: ## measure pages against a bare-Flask floor
	python3 -m marketplace bench

lint: ## style, types and architecture only
	python3 -m marketplace test tests/architecture
