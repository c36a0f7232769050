import gzip
import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, FeatureSpec, Jsonl, Mix, Sample
from hub_estimator.inputs.streams import open_stream


def read(path, specs=None, batch_size=2):
  stream = open_stream(str(path), "test")
  specs = specs or {n: stream.spec(n, None) for n in stream.names}
  return list(stream.batches(specs, batch_size))


def test_all_formats_give_the_same_rows(tmp_path):
  words, numbers = ["a", "ü", "long"], [1.5, -2.0, 0.0]
  rows = list(zip(words, numbers, strict=True))
  (tmp_path / "a.csv").write_text(
    "w,n\n" + "".join(f"{w},{n}\n" for w, n in rows)
  )
  (tmp_path / "a.jsonl").write_text(
    "".join(json.dumps({"w": w, "n": n}) + "\n" for w, n in rows)
  )
  np.savez(tmp_path / "a.npz", w=words, n=np.float32(numbers))
  table = pa.table({"w": words, "n": numbers})
  parquet.write_table(table, tmp_path / "a.parquet", row_group_size=1)
  with ipc.new_file(tmp_path / "a.arrow", table.schema) as file:
    file.write_table(table)
  specs = {"w": FeatureSpec("string"), "n": FeatureSpec("float32")}
  for name in ("a.csv", "a.jsonl", "a.npz", "a.parquet", "a.arrow"):
    batches = read(tmp_path / name, specs)
    assert [len(b["w"]) for b in batches] == [2, 1]
    assert np.concatenate([b["w"] for b in batches]).tolist() == [
      w.encode() for w in words
    ]
    np.testing.assert_array_equal(
      np.concatenate([b["n"] for b in batches]), np.float32(numbers)
    )
    assert batches[0]["n"].dtype == np.float32


def test_another_format_is_refused(tmp_path):
  (tmp_path / "a.txt").touch()
  with pytest.raises(
    UserError,
    match=r"test reads .csv, .jsonl, .npz, .tsv, .parquet, .arrow and",
  ):
    open_stream(str(tmp_path / "a.txt"), "test")


def test_the_options_of_a_reader_hold_for_its_format(tmp_path):
  (tmp_path / "a.csv").write_text('w;n\n"a;1\nb;\n')
  reader = Csv("", delimiter=";", quoting="none", defaults={"n": 5})
  mixed = Mix([Sample(reader, 2), Jsonl("")])
  specs = {"w": FeatureSpec("string"), "n": FeatureSpec("int64")}
  for given in (reader, mixed):
    stream = open_stream(str(tmp_path / "a.csv"), "test", reader=given)
    (batch,) = stream.batches(specs, 9)
    assert batch["w"].tolist() == [b'"a', b"b"]
    assert batch["n"].tolist() == [1, 5]
  (tmp_path / "a.jsonl").write_text('{"w": "x", "n": 1}\n')
  stream = open_stream(str(tmp_path / "a.jsonl"), "test", reader=reader)
  assert [b["w"].tolist() for b in stream.batches(specs, 9)] == [[b"x"]]


def test_a_reader_reads_files_of_any_name(tmp_path):
  (tmp_path / "dev.txt").write_text("w\tn\na\t1\n")
  reader = Csv("", delimiter="\t")
  stream = open_stream(str(tmp_path / "dev.txt"), "test", reader=reader)
  assert stream.names == ("w", "n")


def test_gzip_and_tabs_are_known_by_their_names(tmp_path):
  (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"w,n\na,1\n"))
  (tmp_path / "a.tsv").write_text("w\tn\na\t1\n")
  for name in ("a.csv.gz", "a.tsv"):
    (batch,) = read(tmp_path / name, {"n": FeatureSpec("int64")})
    assert batch["n"].tolist() == [1]


def test_a_tsv_has_tabs_unless_the_runs_own_has_commas(tmp_path):
  (tmp_path / "a.tsv").write_text("x\ty\n1\t2,5\n")
  (tmp_path / "b.tsv").write_text("x,y\n1,2\n")
  for name, reader, wanted in (
    ("a.tsv", Csv("train.csv"), [b"2,5"]),
    ("b.tsv", Csv(["train.tsv"]), [b"2"]),
  ):
    stream = open_stream(str(tmp_path / name), "test", reader=reader)
    (batch,) = stream.batches({"y": FeatureSpec("string")}, 9)
    assert batch["y"].tolist() == wanted
