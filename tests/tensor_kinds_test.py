"""Tensors of any type and shape go into modules and come out of them."""

import base64
import json

import numpy as np
import pytest

from hub_estimator import exporting, inputs, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace

KINDS = {
  "flags": (tf.bool, [None, 2]),
  "half": (tf.bfloat16, [None, 4]),
  "float16": (tf.float16, [None, 2]),
  "double": (tf.float64, [None, 3]),
  "bytes": (tf.uint8, [None]),
  "volume": (tf.float32, [None, 2, 2, 2, 1]),
  "words": (tf.string, [None, 2]),
}


def _same(x):
  """Returns a tensor that keeps the type of x, but isn't x."""
  if x.dtype == tf.bool:
    return tf.logical_not(x)
  return tf.strings.join([x, "!"]) if x.dtype == tf.string else x + x


@pytest.fixture(scope="module")
def module(tmp_path_factory) -> str:
  def module_fn():
    fed = {n: tf.placeholder(t, shape) for n, (t, shape) in KINDS.items()}
    weight = tf.get_variable("weight", [], initializer=tf.ones_initializer())
    outputs = {name: _same(x) for name, x in fed.items()}
    outputs["double"] *= tf.cast(weight, tf.float64)
    outputs["scalar"] = tf.reduce_sum(fed["volume"])
    hub.add_signature(inputs=fed, outputs=outputs)

  path = tmp_path_factory.mktemp("m") / "kinds"
  return testing.export_module(str(path), module_fn)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> tuple[str, dict[str, np.ndarray]]:
  rng = np.random.default_rng(0)
  arrays = {
    "flags": rng.integers(0, 2, (8, 2)).astype(bool),
    "half": rng.integers(-9, 9, (8, 4)).astype(np.float32) / 2,
    "float16": rng.normal(size=(8, 2)).astype(np.float16),
    "double": rng.normal(size=(8, 3)),
    "bytes": np.arange(8, dtype=np.uint8),
    "volume": rng.normal(size=(8, 2, 2, 2, 1)).astype(np.float32),
    "words": np.array([["a", "日本"]] * 8),
  }
  path = tmp_path_factory.mktemp("data") / "kinds.npz"
  np.savez(path, label=np.arange(8) % 2, **arrays)
  return str(path), arrays


def _expected(name: str, given: np.ndarray) -> np.ndarray:
  if name == "words":
    return np.char.add(given, "!")
  return ~given if name == "flags" else given + given


@pytest.mark.parametrize("name", KINDS)
def test_an_output_of_any_kind_is_written_as_it_is(
  module, data, tmp_path, name
):
  path, arrays = data
  expected = _expected(name, arrays[name])
  for suffix in (".npz", ".jsonl"):
    out = tmp_path / f"out{suffix}"
    runs.apply_to_file(module, path, str(out), outputs=[name], batch_size=3)
    if suffix == ".npz":
      with np.load(out, allow_pickle=False) as file:
        written = file[name]
    else:
      lines = out.read_text().splitlines()
      written = np.array([json.loads(line)[name] for line in lines])
      written = written.astype(expected.dtype)
    assert written.dtype == expected.dtype
    np.testing.assert_array_equal(written, expected)


def test_strings_that_are_not_utf8_keep_their_bytes(tmp_path):
  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    weight = tf.get_variable("weight", [4], initializer=tf.ones_initializer())
    pixels = tf.cast(tf.reshape(x * weight, [-1, 2, 2, 1]), tf.uint8)
    outputs = {"png": tf.map_fn(tf.io.encode_png, pixels, tf.string)}
    hub.add_signature(inputs={"x": x}, outputs=outputs)

  module = testing.export_module(str(tmp_path / "m"), module_fn)
  x = np.arange(8, dtype=np.float32).reshape(2, 4)
  np.savez(tmp_path / "x.npz", x=x)
  path, out = str(tmp_path / "x.npz"), tmp_path / "out.jsonl"
  runs.apply_to_file(module, path, str(out))
  lines = [
    json.loads(line)["png"]["b64"] for line in out.read_text().splitlines()
  ]
  written = [base64.b64decode(line) for line in lines]
  assert written == runs.apply(module, path)["png"].tolist()
  with tf.Graph().as_default(), tf.Session() as session:
    images = session.run([tf.io.decode_png(png) for png in written])
  np.testing.assert_array_equal(np.reshape(images, [2, 4]), x)
  with pytest.raises(UserError, match="'png' has strings that aren't UTF-8"):
    runs.apply_to_file(module, path, str(tmp_path / "out.npz"))


def test_a_scalar_belongs_to_no_row(module, data, tmp_path):
  for suffix in (".npz", ".jsonl"):
    with pytest.raises(
      UserError, match=r"shape \[\] for 8 rows: it belongs to"
    ):
      runs.apply_to_file(
        module, data[0], str(tmp_path / f"o{suffix}"), outputs=["scalar"]
      )


def _experiment(module, path, output):
  source = inputs.Npz(path, label="label")
  return replace(
    make_experiment(module, path),
    encoder=encoders.Encoder(ModuleSource(module, output=output), Adapter()),
    train_input=source,
    eval_input=source,
    exports=exporting.Exports(["final"]),
    max_steps=2,
    eval_every_steps=2,
  )


@pytest.mark.slow
@pytest.mark.parametrize(
  "name", ["half", "float16", "double", "bytes", "volume"]
)
def test_numbers_of_any_kind_are_trained_on_exported_and_served(
  module, data, tmp_path, name
):
  path, arrays = data
  result = runs.train(_experiment(module, path, name), str(tmp_path / "run"))
  predicted = runs.predict(str(tmp_path / "run"), path)
  model = str(tmp_path / "run" / result.exports["final"]["model"])
  served = tf.saved_model.load_v2(model).signatures["serving_default"]
  arrays = {
    **arrays,
    "words": arrays["words"].astype(object),
    "double": arrays["double"].astype(np.float32),  # As runs read it.
  }
  features = {n: tf.constant(array) for n, array in arrays.items()}
  found = served(**features)
  np.testing.assert_allclose(
    found["logistic"].numpy(), predicted["logistic"], rtol=1e-5
  )


@pytest.mark.parametrize(
  "name, message",
  [
    ("flags", "is bool; a head reads numbers"),
    ("words", "is string; a head reads numbers"),
    ("scalar", "is a scalar, not a batch"),
  ],
)
def test_other_outputs_are_nothing_to_train_on(module, data, name, message):
  with pytest.raises(UserError, match=message):
    runs.check(_experiment(module, data[0], name))


@pytest.fixture(scope="module")
def any_rank(tmp_path_factory) -> str:
  def module_fn():
    x = tf.placeholder(tf.float32, None)
    weight = tf.get_variable("weight", [], initializer=tf.ones_initializer())
    hub.add_signature(inputs={"x": x}, outputs=(x + x) * weight)

  path = tmp_path_factory.mktemp("m") / "any"
  return testing.export_module(str(path), module_fn)


@pytest.mark.slow
def test_a_module_of_unknown_rank_takes_the_rank_of_the_data(
  any_rank, numbers_npz, tmp_path
):
  experiment = replace(
    make_experiment(any_rank, numbers_npz),
    exports=exporting.Exports(["final"]),
    max_steps=2,
    eval_every_steps=2,
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  assert result.exports["final"]
  with np.load(numbers_npz) as file:
    x = file["x"]
  np.savez(tmp_path / "x.npz", x=x)
  applied = runs.apply(any_rank, str(tmp_path / "x.npz"))
  np.testing.assert_allclose(applied["default"], x + x)
