import json

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec
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
  specs = {"w": FeatureSpec("string"), "n": FeatureSpec("float32")}
  for name in ("a.csv", "a.jsonl", "a.npz"):
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
    UserError, match=r"test reads .csv, .jsonl, .npz, .tsv and"
  ):
    open_stream(str(tmp_path / "a.txt"), "test")
