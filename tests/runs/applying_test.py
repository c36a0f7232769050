import json
import os
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from hub_estimator.trainers import main as command

from hub_estimator import runs, testing
from hub_estimator.errors import UserError
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_zoo

# Files of the room that these tests cover, beside their own.
COVERS = ("array_files", "whole_files")


def _by_hand(handle, feed, *, signature="default", tags=None):
  """Applies a module as a script does it."""
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(handle, tags=tags)
    outputs = module(
      {k: tf.constant(v) for k, v in feed.items()},
      signature=signature,
      as_dict=True,
    )
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(outputs)


def _jsonl(path):
  return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def x():
  return np.random.default_rng(0).normal(size=(10, 4)).astype(np.float32)


def test_every_pair_of_formats_gives_what_a_script_gives(dense, x, tmp_path):
  np.savez(tmp_path / "a.npz", x=x, label=np.arange(10))
  (tmp_path / "a.jsonl").write_text(
    "".join(
      json.dumps({"id": i, "x": row.tolist()}) + "\n" for i, row in enumerate(x)
    )
  )
  wanted = _by_hand(dense, {"x": x})["default"]
  for source in ("a.npz", "a.jsonl"):
    for target in ("o.npz", "o.jsonl"):
      count = runs.apply_to_file(
        dense,
        input_path=str(tmp_path / source),
        output_path=str(tmp_path / target),
        batch_size=3,
      )
      assert count == 10
      if target == "o.npz":
        with np.load(tmp_path / target) as file:
          assert file.files == ["default"]
          found = file["default"]
          assert found.dtype == np.float32
      else:
        found = [row["default"] for row in _jsonl(tmp_path / target)]
      np.testing.assert_allclose(found, wanted, rtol=1e-5)
      assert not [n for n in os.listdir(tmp_path) if n.startswith(".apply")]


def test_text_of_a_csv_with_other_columns(text, tmp_path):
  (tmp_path / "a.csv").write_text('id,sentence\n1,"a good, film"\n2,bad\n3,\n')
  runs.apply_to_file(
    text,
    input_path=str(tmp_path / "a.csv"),
    output_path=str(tmp_path / "o.npz"),
    adapter=adapters.Adapter(inputs={"default": "sentence"}),
  )
  wanted = _by_hand(text, {"default": ["a good, film", "bad", ""]})["default"]
  np.testing.assert_allclose(np.load(tmp_path / "o.npz")["default"], wanted)
  with pytest.raises(
    UserError, match="'default' has no feature 'default'; .*id"
  ):
    runs.apply_to_file(
      text,
      input_path=str(tmp_path / "a.csv"),
      output_path=str(tmp_path / "p.npz"),
    )
  assert not (tmp_path / "p.npz").exists()


def test_another_signature_and_outputs_are_chosen(text, tmp_path):
  (tmp_path / "a.jsonl").write_text('{"tokens": "film"}\n{"tokens": "x"}\n')
  runs.apply_to_file(
    text,
    input_path=str(tmp_path / "a.jsonl"),
    output_path=str(tmp_path / "o.jsonl"),
    signature="tokens",
    outputs=["ids", "default"],
  )
  rows = _jsonl(tmp_path / "o.jsonl")
  assert [row["ids"] for row in rows] == [2, 5]
  assert [len(row["default"]) for row in rows] == [4, 4]
  with pytest.raises(UserError, match="no output 'id'; did you mean 'ids'"):
    runs.apply_to_file(
      text,
      input_path=str(tmp_path / "a.jsonl"),
      output_path=str(tmp_path / "o.jsonl"),
      signature="tokens",
      outputs=["id"],
    )


def test_another_variant_is_chosen(batch_norm, x, tmp_path):
  np.savez(tmp_path / "a.npz", x=x)
  runs.apply_to_file(
    batch_norm,
    input_path=str(tmp_path / "a.npz"),
    output_path=str(tmp_path / "o.npz"),
    tags=["train"],
  )
  wanted = _by_hand(batch_norm, {"x": x}, tags={"train"})["default"]
  np.testing.assert_allclose(
    np.load(tmp_path / "o.npz")["default"], wanted, rtol=1e-5
  )


def test_strings_for_a_token_module(tmp_path):
  pytest.importorskip("tensorflow_text")
  from hub_estimator.preprocessing import tokenizers

  module = testing.token_module(str(tmp_path / "m"))
  (tmp_path / "a.csv").write_text("id,text\n7,a good film\n8,bad\n")
  runs.apply_to_file(
    module,
    input_path=str(tmp_path / "a.csv"),
    output_path=str(tmp_path / "o.jsonl"),
    signature="tokens",
    outputs=["pooled_output"],
    adapter=adapters.Adapter(tokenizer=tokenizers.Wordpiece(feature="text")),
  )
  first, second = (r["pooled_output"] for r in _jsonl(tmp_path / "o.jsonl"))
  assert first != second


def _png(rng, height, width):
  with tf.Graph().as_default(), tf.Session() as session:
    return session.run(
      tf.io.encode_png(rng.integers(0, 255, (height, width, 3), np.uint8))
    )


@pytest.mark.slow
def test_a_folder_of_images_of_any_size(shared_module, tmp_path):
  module = shared_module("enlite0_96_feature_vector")
  rng = np.random.default_rng(0)
  folder = tmp_path / "images"
  (folder / "cats").mkdir(parents=True)
  (folder / "notes.txt").touch()
  for name, size in (("b.png", (96, 96)), ("cats/a.png", (40, 130))):
    (folder / name).write_bytes(_png(rng, *size))
  count = runs.apply_to_file(
    module,
    input_path=str(folder),
    output_path=str(tmp_path / "o.npz"),
    batch_size=1,
  )
  assert count == 2
  with np.load(tmp_path / "o.npz") as file:
    assert file["file"].tolist() == ["b.png", "cats/a.png"]
    found = file["default"]
  with tf.Graph().as_default(), tf.Session() as session:
    pixels = session.run(tf.io.decode_png((folder / "b.png").read_bytes()))
  images = pixels[np.newaxis].astype(np.float32) / 255
  wanted = _by_hand(module, {"images": images})["default"]
  np.testing.assert_allclose(found[:1], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_broken_image_is_named_and_nothing_is_written(
  shared_module, tmp_path
):
  module = shared_module("enlite0_96_feature_vector")
  (tmp_path / "images").mkdir()
  whole = _png(np.random.default_rng(0), 20, 20)
  (tmp_path / "images" / "a.png").write_bytes(whole)
  (tmp_path / "images" / "b.png").write_bytes(whole[:-20])
  with pytest.raises(UserError, match="b.png: the image is cut short"):
    runs.apply_to_file(
      module,
      input_path=str(tmp_path / "images"),
      output_path=str(tmp_path / "o.npz"),
      batch_size=1,
    )
  assert sorted(os.listdir(tmp_path)) == ["images"]


@pytest.mark.slow
def test_a_jpeg_that_is_damaged_inside_is_named(shared_module, tmp_path):
  module = shared_module("enlite0_96_feature_vector")
  (tmp_path / "images").mkdir()
  with tf.Graph().as_default(), tf.Session() as session:
    jpeg = bytearray(
      session.run(tf.io.encode_jpeg(np.zeros((9, 9, 3), np.uint8)))
    )
  (tmp_path / "images" / "a.jpg").write_bytes(jpeg)
  tables = jpeg.index(b"\xff\xc4")
  jpeg[tables + 5 : tables + 15] = b"\xff" * 10  # Both ends are right.
  (tmp_path / "images" / "b.jpg").write_bytes(jpeg)
  with pytest.raises(
    UserError, match=r"images/b\.jpg: the image can't be decod"
  ):
    runs.apply_to_file(
      module,
      input_path=str(tmp_path / "images"),
      output_path=str(tmp_path / "o.npz"),
    )


def test_what_the_module_refuses_is_told_with_its_rows(tmp_path, x):
  def module_fn():
    rows = tf.placeholder(tf.float32, [None, 4])
    small = tf.debugging.Assert(tf.reduce_all(rows < 9), ["too large"])
    with tf.control_dependencies([small]):
      hub.add_signature(inputs=rows, outputs=tf.identity(rows))

  module = testing.export_module(str(tmp_path / "strict"), module_fn)
  np.savez(tmp_path / "x.npz", x=np.full((3, 4), 10, np.float32))
  with pytest.raises(
    UserError, match="x.npz, rows 1 to 2: the module fails.*too"
  ):
    runs.apply(module, str(tmp_path / "x.npz"), batch_size=2)


def test_an_output_that_is_no_row_a_row_is_refused(tmp_path, x):
  def module_fn():
    inputs = tf.placeholder(tf.float32, [None, 4])
    hub.add_signature(inputs=inputs, outputs=tf.reduce_mean(inputs))

  with tf.Graph().as_default(), tf.Session() as session:
    spec = hub.create_module_spec(module_fn)
    hub.Module(spec).export(str(tmp_path / "m"), session)
  np.savez(tmp_path / "a.npz", x=x)
  with pytest.raises(
    UserError, match=r"'default' has shape \[\] .* it belongs to all of them"
  ):
    runs.apply_to_file(
      str(tmp_path / "m"),
      input_path=str(tmp_path / "a.npz"),
      output_path=str(tmp_path / "o.npz"),
    )


@pytest.mark.parametrize("name", ["o.txt", "o", "no/such/o.npz"])
def test_an_output_that_cannot_be_written_is_told(dense, x, tmp_path, name):
  np.savez(tmp_path / "a.npz", x=x)
  with pytest.raises(UserError, match="apply writes|can't be written"):
    runs.apply_to_file(
      dense,
      input_path=str(tmp_path / "a.npz"),
      output_path=str(tmp_path / name),
    )


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path):
  """A file of 400 MB is applied by a process that holds far less."""
  module = testing.dense_module(str(tmp_path / "m"), width=1000, inputs=1000)
  np.savez(tmp_path / "a.npz", x=np.zeros((100_000, 1000), np.float32))
  code = (
    "import resource, sys; from hub_estimator import runs;"
    "resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[4]),) * 2);"
    "print(runs.apply_to_file(sys.argv[1], input_path=sys.argv[2], "
    "output_path=sys.argv[3], batch_size=256))"
  )
  # TensorFlow's threads and its imports take some 600 MB of data segment.
  done = subprocess.run(
    [sys.executable, "-c", code, module, str(tmp_path / "a.npz")]
    + [str(tmp_path / "o.npz"), str(1_000_000_000)],
    check=False,
    capture_output=True,
    text=True,
  )
  assert done.stdout.strip() == "100000", done.stderr
  with np.load(tmp_path / "o.npz") as file:
    assert file["default"].shape == (100_000, 1000)


def test_the_command_writes_what_the_library_writes(text, tmp_path, capsys):
  (tmp_path / "a.csv").write_text("id,sentence\n1,good film\n")
  code = command.main(
    ["apply", text, "--input", str(tmp_path / "a.csv")]
    + ["--output", str(tmp_path / "o.jsonl")]
    + ["--gin_param", "adapter.inputs = {'default': 'sentence'}"]
  )
  assert code == 0
  assert capsys.readouterr().err.splitlines() == [
    f"{tmp_path / 'a.csv'}: 1 rows from 2 lines; 0 blank lines; 0 bad rows "
    "skipped.",
    f"1 rows in {tmp_path / 'o.jsonl'}",
  ]
  assert len(_jsonl(tmp_path / "o.jsonl")[0]["default"]) == 4


_TEXTS = ["a good film", "bad", "", "the  worst of all"]


def _write_texts(path):
  path.write_text("".join(json.dumps({"text": t}) + "\n" for t in _TEXTS))
  return str(path)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_outputs_of_any_length_are_written_with_their_lengths(
  tmp_path, batch_size
):
  count = runs.apply_to_file(
    module_zoo.segmenter(tmp_path / "m"),
    _write_texts(tmp_path / "in.jsonl"),
    str(tmp_path / "out.jsonl"),
    batch_size=batch_size,
  )
  assert count == 4
  lines = (tmp_path / "out.jsonl").read_text().splitlines()
  assert [json.loads(line) for line in lines] == [
    {
      "tokens": text.split(),
      "tokens_length": len(text.split()),
      "vector": [len(text)] * 2,
    }
    for text in _TEXTS
  ]


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_parquet_holds_outputs_of_any_length(tmp_path, batch_size):
  count = runs.apply_to_file(
    module_zoo.segmenter(tmp_path / "m"),
    _write_texts(tmp_path / "in.jsonl"),
    str(tmp_path / "out.parquet"),
    batch_size=batch_size,
  )
  assert count == 4
  assert pq.read_table(tmp_path / "out.parquet").to_pylist() == [
    {
      "tokens": text.split(),
      "tokens_length": len(text.split()),
      "vector": [len(text)] * 2,
    }
    for text in _TEXTS
  ]


@pytest.mark.parametrize("ending", ["npz", "csv"])
def test_arrays_cannot_hold_outputs_of_any_length(tmp_path, ending):
  module = module_zoo.segmenter(tmp_path / "m")
  source = _write_texts(tmp_path / "in.jsonl")
  with pytest.raises(
    UserError, match=r"'tokens' has shape \[8\].* a .jsonl or .parquet file"
  ):
    runs.apply_to_file(module, source, str(tmp_path / f"out.{ending}"))
  assert not (tmp_path / f"out.{ending}").exists()
