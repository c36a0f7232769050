import json

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec
from hub_estimator.inputs.streams import open_stream


def _read(path, specs=None, batch_size=2):
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
    batches = _read(tmp_path / name, specs)
    assert [len(b["w"]) for b in batches] == [2, 1]
    assert np.concatenate([b["w"] for b in batches]).tolist() == [
      w.encode() for w in words
    ]
    np.testing.assert_array_equal(
      np.concatenate([b["n"] for b in batches]), np.float32(numbers)
    )
    assert batches[0]["n"].dtype == np.float32


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, bool])
def test_arrays_come_as_they_are_stored(tmp_path, dtype):
  array = np.arange(24).reshape(4, 3, 2).astype(dtype)
  np.savez_compressed(tmp_path / "a.npz", a=array, b=np.asfortranarray(array))
  batches = _read(tmp_path / "a.npz", batch_size=3)
  for name in "ab":
    found = np.concatenate([b[name] for b in batches])
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, array)


def test_lists_may_differ_between_batches_and_not_within(tmp_path):
  (tmp_path / "a.jsonl").write_text(
    '{"a": [1, 2]}\n{"a": [3, 4]}\n{"a": [1, 2, 3]}\n'
  )
  spec = {"a": FeatureSpec("int32", (None,))}
  assert [b["a"].shape for b in _read(tmp_path / "a.jsonl", spec)] == [
    (2, 2),
    (1, 3),
  ]
  with pytest.raises(UserError, match=r"line 3: 'a' has shape \[3\], and"):
    _read(tmp_path / "a.jsonl", spec, batch_size=3)


@pytest.mark.parametrize(
  ("arrays", "told"),
  [
    ({}, "holds no arrays"),
    ({"a": np.float32(1)}, "holds a scalar"),
    ({"a": np.zeros(2), "b": np.zeros(3)}, "different lengths"),
    ({"a": np.zeros((0, 2))}, "has no rows"),
    ({"a": np.array([{}, []], dtype=object)}, "Python objects"),
  ],
)
def test_an_npz_file_that_holds_no_rows_is_told(tmp_path, arrays, told):
  np.savez(tmp_path / "a.npz", **arrays)
  with pytest.raises(UserError, match=told):
    open_stream(str(tmp_path / "a.npz"), "test")


def test_a_file_that_is_no_npz_is_told(tmp_path):
  (tmp_path / "a.npz").write_bytes(b"no")
  with pytest.raises(UserError, match="a.npz: "):
    open_stream(str(tmp_path / "a.npz"), "test")


def test_an_array_of_another_type_is_told(tmp_path):
  np.savez(tmp_path / "a.npz", a=np.zeros((2, 3)))
  for spec in (
    FeatureSpec("string", (3,)),
    FeatureSpec("int64", (3,)),
    FeatureSpec("float32", (4,)),
    FeatureSpec("float32"),
  ):
    with pytest.raises(UserError, match=r"'a' is float64 \[3\], and .* wanted"):
      _read(tmp_path / "a.npz", {"a": spec})
  with pytest.raises(UserError, match="no array 'b'; .*It has: a"):
    _read(tmp_path / "a.npz", {"b": spec})


def test_a_folder_without_images_is_told(tmp_path):
  with pytest.raises(UserError, match="has no images; they end in .jpg"):
    open_stream(str(tmp_path), "test")
