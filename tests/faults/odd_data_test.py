"""Data at the edges: each run ends well, or in one line that says where it's wrong."""

import dataclasses
import struct
import zlib

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, runs
from hub_estimator.errors import RunFailed, UserError
from tests.small_runs import make_experiment

pytestmark = [pytest.mark.newest, pytest.mark.faults]

_X = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
_Y = (_X.sum(axis=1) > 0).astype(np.int64)


def _with(array, index, value):
  array = array.copy()
  array[index] = value
  return array


@pytest.fixture
def npz(tmp_path):
  def make(x=_X, label=_Y, name="data"):
    path = str(tmp_path / f"{name}.npz")
    np.savez(path, x=x, label=label)
    return path

  return make


@pytest.mark.slow
@pytest.mark.parametrize("trainable", [True, False])
@pytest.mark.parametrize(
  ("x", "label"),
  [(_X[:1], _Y[:1]), (_X[:5], _Y[:5]), (_X, _Y * 0)],
  ids=["one example", "fewer than a batch", "one class"],
)
def test_little_data_trains_and_is_exported(
  dense, npz, tmp_path, x, label, trainable
):
  result = runs.train(
    make_experiment(
      dense,
      npz(x, label),
      module_trainable=trainable,
      max_steps=4,
      eval_every_steps=4,
      exports=exporting.Exports(["latest"], verify=False),
    ),
    str(tmp_path / "run"),
  )
  assert result.steps == 4
  assert "error" not in result.exports["latest"]


@pytest.mark.parametrize(
  ("value", "trainable"),
  [(np.nan, True), (np.nan, False), (np.inf, True), (-np.inf, True)],
)
def test_a_number_that_is_none_is_told_and_ends_the_run(
  dense, npz, tmp_path, caplog, value, trainable
):
  data = npz(_with(_X, (5, 2), value))
  with (
    caplog.at_level("WARNING", "hub_estimator"),
    pytest.raises(RunFailed, match="Training stopped at step"),
  ):
    runs.train(
      make_experiment(dense, data, module_trainable=trainable),
      str(tmp_path / "run"),
    )
  assert (
    f"{data}: 'x' of example 5 is {value}: 1 of 64 examples hold a number that "
    "isn't finite." in caplog.text
  )


@pytest.mark.parametrize(
  ("label", "head", "told"),
  [
    (_Y + 1, heads.Binary(), "Label 2 of example"),
    (_Y - 1, heads.MultiClass(3), "Label -1 of example"),
    (_Y * 0.5, heads.Binary(), "Label 0.5 of example"),
    (_with(_Y * 1.0, 3, np.nan), heads.Regression(), "Label nan of example 3"),
    (_with(_Y * 1.0, 3, np.inf), heads.Regression(), "Label inf of example 3"),
    (_Y[:0], heads.Binary(), "columns of different lengths"),
  ],
)
def test_labels_that_cannot_be_are_refused(
  dense, npz, tmp_path, label, head, told
):
  with pytest.raises(UserError, match=told):
    runs.train(
      make_experiment(dense, npz(label=label), head=head),
      str(tmp_path / "run"),
    )
  assert not (tmp_path / "run").exists()


def test_an_empty_split_is_refused(dense, npz, tmp_path):
  empty = inputs.Npz(npz(_X[:0], _Y[:0], "empty"), features=["x"])
  for field in ("train_input", "eval_input"):
    with pytest.raises(UserError, match=r"empty.npz has no examples"):
      runs.train(
        make_experiment(dense, npz(), **{field: empty}),
        str(tmp_path / "run"),
      )


@pytest.mark.parametrize("head", [heads.Binary(), heads.Regression()])
def test_an_example_without_a_number_ends_the_run_by_its_position(
  dense, npz, tmp_path, head
):
  experiment = make_experiment(
    dense,
    npz(),
    head=head,
    eval_input=inputs.Npz(
      npz(_with(_X, (5, 2), np.nan), name="eval"), features=["x"]
    ),
  )
  with pytest.raises(RunFailed, match=r"example 5\b.*NaN or infinite"):
    runs.train(experiment, str(tmp_path / "run"))


_TEXTS = ["żółć 😀", "नमस्ते", "\u202ertl", "", "a\0b", "x\ny", '"', "ﬁ\u0301"]


def test_any_text_is_read_trained_on_and_served(text, tmp_path):
  path = tmp_path / "data.csv"
  rows = [
    f'"{t.replace(chr(34), 2 * chr(34))}",{i % 2}' for i, t in enumerate(_TEXTS)
  ]
  path.write_text("sentence,label\n" + "\n".join(rows) + "\n", newline="")
  result = runs.train(
    make_experiment(text, str(path), exports=exporting.Exports(["latest"])),
    str(tmp_path / "run"),
  )
  assert "error" not in result.exports["latest"]
  assert inputs.Csv(str(path)).read().features["sentence"][:].tolist() == [
    t.encode() for t in _TEXTS
  ]


@pytest.mark.slow
def test_strings_of_10_mb_are_trained_on_and_served(text, tmp_path):
  long = "good bad " * 1_200_000
  path = tmp_path / "data.csv"
  path.write_text(f"sentence,label\n{long},1\ngood,1\nbad,0\n")
  result = runs.train(
    make_experiment(
      text,
      str(path),
      batch_size=3,
      max_steps=1,
      exports=exporting.Exports(["latest"]),
    ),
    str(tmp_path / "run"),
  )
  assert "error" not in result.exports["latest"]


def _png(width: int, height: int) -> bytes:
  def chunk(kind, data):
    crc = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + crc

  header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
  rows = (b"\0" + b"\x40" * (3 * width)) * height
  return b"".join(
    (
      b"\x89PNG\r\n\x1a\n",
      chunk(b"IHDR", header),
      chunk(b"IDAT", zlib.compress(rows, 1)),
      chunk(b"IEND", b""),
    )
  )


@pytest.mark.slow
def test_images_of_any_size_are_trained_on(shared_module, npz, tmp_path):
  """One of 144 million pixels, one a pixel wide, one of a single pixel."""
  folder = tmp_path / "images"
  sizes = [(12_000, 12_000), (1, 9_000), (9_000, 1), (1, 1), (40, 30), (96, 96)]
  for i, (width, height) in enumerate(sizes):
    (folder / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
    (folder / "ab"[i % 2] / f"{i}.png").write_bytes(_png(width, height))
  experiment = make_experiment(
    shared_module("enlite0_96_feature_vector"),
    npz(),
    module_trainable=False,
    batch_size=2,
    max_steps=2,
    eval_every_steps=2,
    exports=exporting.Exports(["latest"]),
  )
  images = inputs.ImageFolder(str(folder))
  result = runs.train(
    dataclasses.replace(experiment, train_input=images, eval_input=images),
    str(tmp_path / "run"),
  )
  assert "error" not in result.exports["latest"]
