"""Ten further inputs whose classes or columns might not be what they seem."""

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hub_estimator import heads, inputs, runs
from hub_estimator.errors import UserError
from tests.small_runs import make_experiment, replace

ROWS = [
  ("good film", "yes"),
  ("bad film", "no"),
  ("good", "yes"),
  ("bad", "no"),
]


def _csv(path, rows, header="sentence,label", form="{0},{1}") -> str:
  lines = [form.format(*row, i) for i, row in enumerate(rows)]
  path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
  return str(path)


@pytest.fixture(scope="module")
def named(text, tmp_path_factory):
  """A run that tells "good" from "bad", and the folder that it is in."""
  root = tmp_path_factory.mktemp("named")
  experiment = make_experiment(
    text,
    _csv(root / "train.csv", ROWS * 8),
    head=heads.MultiClass(),
    max_steps=150,
    eval_every_steps=150,
  )
  assert runs.train(experiment, root / "run").metrics["accuracy"] == 1.0
  return experiment, root / "run"


def _evaluate(named, path, **reader):
  experiment, run = named
  source = inputs.Csv(path, **reader)
  return runs.evaluate(run, experiment=replace(experiment, eval_input=source))


def test_other_columns_in_another_order_are_the_same_data(named, tmp_path):
  path = _csv(
    tmp_path / "a.csv", ROWS, "id,label,more,sentence", "{2},{1},x,{0}"
  )
  assert _evaluate(named, path)["accuracy"] == 1.0


@pytest.mark.parametrize("kept", ["yes", "no"])
def test_one_class_alone_keeps_its_id(named, tmp_path, kept):
  rows = [row for row in ROWS if row[1] == kept]
  assert _evaluate(named, _csv(tmp_path / "a.csv", rows))["accuracy"] == 1.0


@pytest.mark.parametrize(
  ("label", "why"),
  [
    ("Yes", "Label 'Yes' of example 0 isn't in .* no, yes"),
    ("yes ", "Label 'yes ' of example 0"),
    ("1", "Labels are numbers such as 1, but .* strings: no, yes"),
    ("", "line 2: 'label' is blank"),
  ],
)
def test_a_label_that_is_nearly_a_class_is_none(named, tmp_path, label, why):
  with pytest.raises(UserError, match=why):
    _evaluate(named, _csv(tmp_path / "a.csv", [("good", label)]))


def test_letters_of_another_unicode_form_are_told(text, tmp_path):
  rows = [("good", "café"), ("bad", "cafe\u0301"), ("film", "tea")] * 3
  path = _csv(tmp_path / "a.csv", rows)
  checked = runs.check(make_experiment(text, path, head=heads.MultiClass()))
  warnings = [li.text for li in checked.report.lines if li.is_warning]
  assert any("'cafe\u0301', 'café' differ only in" in w for w in warnings)


def _tsv(path):
  path.write_text("id\tsentence\n7\tgood\n8\tbad film\n")


def _npz(path):
  np.savez(path, id=[7, 8], sentence=["good", "bad film"])


def _jsonl(path):
  rows = [{"sentence": "good", "id": 7}, {"id": 8, "sentence": "bad film"}]
  path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _parquet(path):
  parquet.write_table(
    pa.table({"sentence": ["good", "bad film"], "id": [7, 8]}), path
  )


@pytest.mark.parametrize(
  ("name", "write"),
  [
    ("a.tsv", _tsv),
    ("a.npz", _npz),
    ("a.jsonl", _jsonl),
    ("a.parquet", _parquet),
  ],
)
def test_files_of_any_format_predict_alike_and_keep_their_ids(
  named, tmp_path, name, write
):
  experiment, run = named
  write(tmp_path / name)
  found = runs.predict(
    run, str(tmp_path / name), experiment=experiment, keep=["id"]
  )
  assert [int(value) for value in found["id"]] == [7, 8]
  assert found["classes"].ravel().tolist() == [b"yes", b"no"]
  wanted = runs.predict(
    run, {"sentence": ["good", "bad film"]}, experiment=experiment
  )
  np.testing.assert_allclose(found["logits"], wanted["logits"], rtol=1e-6)


def test_a_number_is_no_text(named, tmp_path):
  experiment, run = named
  np.savez(tmp_path / "a.npz", sentence=np.array([1.5, 2.5]))
  with pytest.raises(UserError, match="'sentence' is float64.* string"):
    runs.predict(run, str(tmp_path / "a.npz"), experiment=experiment)


def test_a_class_that_is_gone_leaves_the_others_where_they_are(named, tmp_path):
  experiment, run = named
  path = _csv(tmp_path / "a.csv", [row for row in ROWS if row[1] == "yes"])
  smaller = replace(experiment, train_input=inputs.Csv(path))
  checked = runs.check_run(smaller, run)
  assert checked.schema.labels["label"].classes == ("no", "yes")
  assert checked.schema.labels["label"].counts["train"] == {"no": 0, "yes": 2}
  assert set(checked.train.known_labels()[:].tolist()) == {b"yes"}
  larger = _csv(tmp_path / "b.csv", [*ROWS, ("new", "maybe")])
  with pytest.raises(UserError, match="Label 'maybe' of example 4"):
    runs.check_run(
      dataclasses.replace(experiment, train_input=inputs.Csv(larger)), run
    )
