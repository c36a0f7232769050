"""Predictions are arrays by name, and a table in a notebook."""

import numpy as np

from hub_estimator.runs import Predictions
from hub_estimator.runs.predictions import in_batches


def test_a_notebook_shows_rows_as_people_read_them():
  predictions = Predictions(
    {
      "classes": np.array([[b"\xc3\xbc<b>"], [b"no"]], dtype=object),
      "probabilities": np.array([[0.25, 0.75], [1e-9, 1]], np.float32),
      "embedding": np.arange(20).reshape(2, 10),
    }
  )
  table = predictions._repr_html_()
  assert "<td>ü&lt;b&gt;</td><td>0.25, 0.75</td>" in table
  assert "<td>0, 1, 2, 3, 4, 5, 6, 7, …</td>" in table
  assert "<td>no</td><td>1e-09, 1</td>" in table


def test_a_long_table_shows_its_first_rows_and_says_so():
  predictions = Predictions({"x": np.zeros(30)})
  table = predictions._repr_html_()
  assert table.count("<tr>") == 11
  assert "10 of 30 rows" in table
  assert (predictions.rows, len(predictions)) == (30, 1)


def test_no_rows_are_an_empty_value():
  assert repr(Predictions({})) == "<0 rows: >"


def test_rows_become_batches_without_a_loss():
  rows = [
    {"x": np.float32(i), "text": b"a\0" * i, "list": np.arange(i)}
    for i in range(5)
  ]
  first, second, third = in_batches(iter(rows), 2)
  assert first["x"].tolist() == [0, 1] and first["x"].dtype == np.float32
  assert second["text"].tolist() == [b"a\0a\0", b"a\0a\0a\0"]
  assert [row.tolist() for row in second["list"]] == [[0, 1], [0, 1, 2]]
  assert third["list"].tolist() == [[0, 1, 2, 3]]
