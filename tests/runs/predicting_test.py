import csv
import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from tests.small_runs import make_experiment


@pytest.fixture(scope="module")
def text_run(text, sentences_csv, trained_runs):
  run = trained_runs.read_only(make_experiment(text, sentences_csv))
  return run.experiment, str(run.model_dir)


@pytest.fixture(scope="module")
def number_run(dense, numbers_npz, trained_runs):
  run = trained_runs.read_only(make_experiment(dense, numbers_npz))
  return run.experiment, str(run.model_dir)


def _predict(run, path, **kwargs):
  output = io.StringIO()
  count = runs.write_predictions(
    run[1], experiment=run[0], input_path=str(path), output=output, **kwargs
  )
  rows = [json.loads(line) for line in output.getvalue().splitlines()]
  assert len(rows) == count
  return rows


@pytest.mark.slow
def test_csv_and_jsonl_give_the_same_in_any_batch_size(text_run, tmp_path):
  sentences = ["a good film", 'the "bad", film', "", "ünïcode ☃"]
  csv_path, jsonl_path = tmp_path / "a.csv", tmp_path / "a.jsonl"
  csv_path.write_text(
    "id,sentence\n"
    + "".join(
      '{},"{}"\n'.format(i, s.replace('"', '""'))
      for i, s in enumerate(sentences)
    )
  )
  jsonl_path.write_text(
    "".join(json.dumps({"sentence": s}) + "\n" for s in sentences)
  )
  rows = _predict(text_run, csv_path)
  assert len(rows) == 4
  assert set(rows[0]) == {
    "logits",
    "logistic",
    "probabilities",
    "class_ids",
    "classes",
  }
  assert rows[0]["classes"] == ["1"]
  for other in (
    _predict(text_run, jsonl_path),
    _predict(text_run, csv_path, batch_size=3),
  ):
    np.testing.assert_allclose(
      [r["logits"] for r in other], [r["logits"] for r in rows], rtol=1e-6
    )


def test_numbers_are_read_from_both(number_run, tmp_path):
  (tmp_path / "a.jsonl").write_text(
    '{"x": [1, 2.5, 3, 4]}\n{"x": [0, 0, 0, 0]}\n'
  )
  assert len(_predict(number_run, tmp_path / "a.jsonl")) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
  "line, why",
  [
    (
      '{"x": [1, 2, 3]}',
      r"line 2: 'x' is \[1, 2, 3\], and float32 \[4\] is wanted",
    ),
    ('{"x": ["a", 2, 3, 4]}', "line 2: 'x' is"),
    ('{"y": 1}', "line 2: no 'x'; it has: y"),
    ('{"x": null}', "line 2: 'x' is None"),
    ("{", "line 2: Expecting"),
  ],
)
def test_a_bad_row_is_named(number_run, tmp_path, line, why):
  path = tmp_path / "a.jsonl"
  path.write_text('{"x": [1, 2, 3, 4]}\n' + line + "\n")
  with pytest.raises(UserError, match=why):
    _predict(number_run, path)


def test_another_ending_is_refused(number_run, tmp_path):
  (tmp_path / "a.txt").touch()
  with pytest.raises(
    UserError, match=r"reads .csv, .jsonl, .npz, .tsv, .parquet, .arrow and"
  ):
    _predict(number_run, tmp_path / "a.txt")


def test_an_empty_file_is_refused(number_run, tmp_path):
  (tmp_path / "a.jsonl").touch()
  with pytest.raises(UserError, match="has no rows"):
    _predict(number_run, tmp_path / "a.jsonl")


def test_a_row_without_probabilities_is_refused_by_its_number(
  number_run, tmp_path
):
  x = np.zeros((5, 4), np.float32)
  x[3, 1] = np.nan
  np.savez(tmp_path / "a.npz", x=x)
  with pytest.raises(UserError, match=r"Row 4 of .*a\.npz: .*nan"):
    _predict(number_run, tmp_path / "a.npz", batch_size=2)
  with pytest.raises(UserError, match="Row 4 of the rows: .*nan"):
    runs.predict(number_run[1], {"x": x}, experiment=number_run[0])


def test_the_ending_of_the_output_says_its_kind(text_run, tmp_path):
  source = tmp_path / "a.csv"
  source.write_text("id,sentence\n=7,a good film\n-8,bad\n")
  rows = _predict(text_run, source, keep=["id"])

  def write(ending):
    path = tmp_path / f"out.{ending}"
    count = runs.predict_to_file(
      text_run[1],
      experiment=text_run[0],
      input_path=str(source),
      output_path=str(path),
      keep=["id"],
    )
    assert count == 2
    return path

  lines = write("jsonl").read_text().splitlines()
  assert [json.loads(line) for line in lines] == rows
  assert pq.read_table(write("parquet")).to_pylist() == rows
  with np.load(write("npz")) as arrays:
    assert arrays["id"].tolist() == [row["id"] for row in rows]
    np.testing.assert_array_equal(
      arrays["probabilities"], [row["probabilities"] for row in rows]
    )
  with write("csv").open(newline="") as file:
    table = list(csv.DictReader(file))
  assert [row["id"] for row in table] == ["'=7", "-8"]
  for row, cells in zip(rows, table, strict=True):
    assert cells["classes"] == row["classes"][0]
    assert float(cells["probabilities_1"]) == row["probabilities"][1]
    assert "probabilities" not in cells


def test_another_ending_is_refused_before_any_work(tmp_path):
  with pytest.raises(UserError, match="predict writes .jsonl.* got 'p.json'"):
    runs.predict_to_file(
      str(tmp_path / "nowhere"), input_path="x.csv", output_path="p.json"
    )
