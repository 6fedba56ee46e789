# Two commands do all the set-up: `make demo` and `make test`. PYTHON may name another interpreter (3.11 to 3.13).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: demo test clean

demo: $(INSTALLED)
	rm -rf demo/archive demo/run
	$(BIN)/ctlabel sample demo/archive
	$(BIN)/ctlabel label demo/archive/reports-*.parquet --images demo/archive/images.parquet --out demo/run
	$(BIN)/ctlabel inspect demo/run
	$(BIN)/ctlabel validate demo/run
	@echo
	@echo "The product, demo/run/images: one row for each image, here the first five and three of the labels."
	@$(BIN)/python -c 'import polars; print(polars.read_parquet("demo/run/images").select("image_id", "split", \
	  "haemorrhage", "infarct", "fracture").head())'

test: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo build dist *.egg-info .mypy_cache .ruff_cache .hypothesis
