"""Files cut into blocks anywhere are read as one block is."""

import random

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, csv_rows
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.bad_records import BadRecords
from hub_estimator.inputs.csv_blocks import Block
from hub_estimator.inputs.csv_table import CsvTable, WiderTypeError

COVERS = ("csv_oddities",)

VALUES = ["", "1", "-7", "01", "2.5", "nan", "1e5", "x", "1,5", "16777217", " "]


def _read_in_blocks(path, chunk_bytes, bad_records):
  """Returns (arrays by column, notes) of a file that is read some bytes at a time."""
  types: dict[str, str] = {}
  while True:
    table = CsvTable(
      Account(path),
      BadRecords(bad_records),
      names=list,
      given=lambda header: {},
      types=types,
      labels=["label"],
    )
    parts = []
    try:
      parts.extend(
        {name: column.array() for name, column in table.add(block).items()}
        for block in csv_rows.read_blocks(
          path,
          bad=table.bad,
          account=table.account,
          chunk_bytes=chunk_bytes,
        )
      )
    except WiderTypeError as wider:
      types[wider.column] = wider.dtype
      continue
    table.close()
    return {
      name: np.concatenate([part[name] for part in parts]) for name in parts[0]
    }, table.account.notes


def _draw(draw, path, rows):
  kinds = [draw.sample(VALUES, draw.randrange(1, 4)) for _ in range(2)]
  with open(path, "w", encoding="utf-8") as file:
    file.write("u,v,label\n")
    for _ in range(rows):
      cells = [f'"{draw.choice(kind)}"' for kind in kinds]
      file.write(",".join([*cells, str(draw.randrange(2))]) + "\n")


@pytest.mark.slow
@pytest.mark.parametrize("bad_records", ["raise", "skip"])
def test_blocks_of_any_size_give_the_columns_and_notes_of_one(
  tmp_path, bad_records
):
  draw = random.Random(bad_records)
  path = str(tmp_path / "a.csv")
  refused = 0
  for _ in range(150):
    _draw(draw, path, draw.randrange(1, 30))
    try:
      whole = Csv(path, bad_records=bad_records).read()
    except UserError as error:
      refused += 1
      with pytest.raises(UserError) as again:
        _read_in_blocks(path, draw.randrange(8, 80), bad_records)
      assert str(again.value) == str(error)
      continue
    columns, notes = _read_in_blocks(path, draw.randrange(8, 80), bad_records)
    assert tuple(notes) == whole.notes
    labels = columns.pop("label")
    np.testing.assert_array_equal(labels, whole.labels)
    for name, column in whole.features.items():
      np.testing.assert_array_equal(columns[name], column)
      assert columns[name].dtype == column.dtype
  assert refused < 120


def _block(first_line, values):
  lines = range(first_line, first_line + len(values))
  return Block.of_rows(["x"], lines, [[value] for value in values])


@pytest.mark.parametrize(
  ("later", "dtype"), [("2.5", "float32"), ("x", "string")]
)
def test_a_value_that_earlier_types_do_not_hold_starts_again(later, dtype):
  table = CsvTable(
    Account("a.csv"),
    BadRecords(),
    names=list,
    given=lambda header: {},
    types={},
    labels=[],
  )
  table.add(_block(2, ["1", "2"]))
  with pytest.raises(WiderTypeError) as wider:
    table.add(_block(4, ["3", later]))
  assert (wider.value.column, wider.value.dtype) == ("x", dtype)
