"""Kept features: the same numbers, computed once, never wrong."""

import dataclasses
import logging
import os
import signal
import threading
import time

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, modules, runs, testing
from hub_estimator.features import cache as feature_cache
from hub_estimator.inputs import Examples
from hub_estimator.model import encoders
from hub_estimator.model.encoders import Encoder
from hub_estimator.modules import ModuleSource, NewModule, read_module_info
from hub_estimator.preprocessing import adapters, augmentations
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment, replace


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))
  return tmp_path / "cache" / "features"


@pytest.fixture
def told(caplog):
  """Returns a function that gives the log's lines since the last call."""
  caplog.set_level(logging.INFO, logger="hub_estimator")

  def lines():
    text = list(caplog.messages)
    caplog.clear()
    return "\n".join(text)

  return lines


def _frozen(handle, data, **changes):
  return make_experiment(handle, data, module_trainable=False, **changes)


def _entries(cache):
  return sorted(p for p in cache.iterdir() if p.is_dir())


def _served(path, x):
  model = tf.saved_model.load_v2(str(path))
  return model.signatures["serving_default"](x=tf.constant(x))[
    "probabilities"
  ].numpy()


@pytest.mark.slow
def test_a_run_ends_where_one_without_the_cache_ends(
  batch_norm, numbers_npz, tmp_path, told
):
  x = np.load(numbers_npz)["x"]
  served, losses = [], []
  for name, kept in (("kept", True), ("not", False)):
    experiment = _frozen(
      batch_norm,
      numbers_npz,
      cache_features=kept,
      exports=exporting.Exports(["final"]),
    )
    result = runs.train(experiment, str(tmp_path / name))
    served.append(
      _served(tmp_path / name / result.exports["final"]["model"], x)
    )
    losses.append(result.metrics["loss"])
    assert ("Computed the outputs" in told()) == kept
  np.testing.assert_allclose(served[0], served[1], rtol=1e-5, atol=1e-6)
  assert losses[0] == pytest.approx(losses[1], rel=1e-5)
  # The export is of the real module, its variables those it started with.
  (module,) = (tmp_path / "kept/export/final/module").glob("*/module")
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = [hub.Module(p)(x) for p in (str(module), batch_norm)]
    session.run(tf.global_variables_initializer())
    np.testing.assert_array_equal(*session.run(outputs))


@pytest.mark.slow
def test_other_runs_on_the_same_data_compute_nothing(
  dense, numbers_npz, tmp_path, told, cache
):
  runs.train(_frozen(dense, numbers_npz), str(tmp_path / "first"))
  assert told().count("Computed the outputs") == 1  # Of one file for both.
  (entry,) = _entries(cache)
  runs.train(
    _frozen(dense, numbers_npz, seed=7, head=heads.Regression(), label="y"),
    str(tmp_path / "second"),
  )
  assert "Computed" not in told()
  assert _entries(cache) == [entry]


@pytest.mark.slow
def test_a_run_whose_features_are_kept_builds_no_network(
  dense, numbers_npz, tmp_path, monkeypatch
):
  built = []
  place = modules.place

  def counted(info, source, *, mode):
    built.append(mode)
    return place(info, source, mode=mode)

  monkeypatch.setattr(modules, "place", counted)
  for name in ("cold", "warm"):
    runs.train(
      _frozen(dense, numbers_npz, exports=exporting.Exports([])),
      str(tmp_path / name),
    )
    assert built == ["eval"]  # What was checked computes.


@pytest.mark.slow
def test_an_interrupted_run_goes_on_to_the_same_end(
  dense, numbers_npz, tmp_path
):
  whole = runs.train(
    _frozen(dense, numbers_npz), str(tmp_path / "whole")
  )
  runs.train(
    _frozen(dense, numbers_npz, max_steps=10), str(tmp_path / "parts")
  )
  parts = runs.train(
    _frozen(dense, numbers_npz), str(tmp_path / "parts")
  )
  assert parts.metrics == whole.metrics


@pytest.mark.slow
@pytest.mark.parametrize("started", ["in the same run", "from another run"])
def test_weights_that_were_fine_tuned_are_not_those_of_the_handle(
  dense, numbers_npz, tmp_path, told, started
):
  """First the module is fine-tuned, then frozen: its outputs are others."""
  losses = []
  for kept in (True, False):
    first, second = tmp_path / f"first_{kept}", tmp_path / f"second_{kept}"
    runs.train(make_experiment(dense, numbers_npz), str(first))
    changes = {"cache_features": kept, "max_steps": 40}
    if started == "from another run":
      changes["start_from"] = str(first)
    told()
    result = runs.train(
      _frozen(dense, numbers_npz, **changes),
      str(second if "start_from" in changes else first),
    )
    if kept:
      assert "aren't kept: module 'module' has other weights than" in told()
    losses.append(result.metrics["loss"])
  assert losses[0] == pytest.approx(losses[1], rel=1e-6)


@pytest.mark.slow
def test_weights_that_never_moved_leave_features_kept(
  dense, numbers_npz, tmp_path, told
):
  runs.train(_frozen(dense, numbers_npz), str(tmp_path / "first"))
  told()
  runs.train(
    _frozen(
      dense,
      numbers_npz,
      start_from=str(tmp_path / "first"),
    ),
    str(tmp_path / "second"),
  )
  assert "aren't kept" not in told()


@pytest.mark.slow
def test_weights_of_examples_and_columns_stay(dense, tmp_path):
  from hub_estimator.model.encoders import Columns, Concat
  from hub_estimator.model.feature_columns import Numeric

  rng = np.random.default_rng(0)
  path = str(tmp_path / "d.npz")
  x = rng.normal(size=(64, 4)).astype(np.float32)
  np.savez(
    path,
    x=x,
    age=rng.integers(1, 9, 64),
    weight=rng.uniform(size=64).astype(np.float32),
    label=(x[:, 0] > 0).astype(int),
  )
  source = inputs.Npz(path)
  losses = []
  for kept in (True, False):
    experiment = replace(
      make_experiment(dense, path),
      encoder=Concat(
        [
          Encoder(
            ModuleSource(dense, trainable=False),
            adapters.Adapter(inputs={"x": "x"}),
          ),
          Columns([Numeric("age")]),
        ]
      ),
      head=heads.Binary(weight_column="weight"),
      train_input=source,
      eval_input=source,
      cache_features=kept,
    )
    result = runs.train(experiment, str(tmp_path / str(kept)))
    losses.append(result.metrics["loss"])
  assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def _image_module(path, noise=False) -> str:
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 4, 4, 3])
    outputs = tf.reduce_mean(images, [1, 2])
    if noise:
      outputs += tf.random.uniform(tf.shape(outputs))
    outputs *= tf.get_variable("scale", [3])
    hub.add_signature(inputs={"images": images}, outputs=outputs)

  return testing.export_module(str(path), module_fn)


def _dense_fn():
  x = tf.placeholder(tf.float32, [None, 4])
  hub.add_signature(
    inputs={"x": x}, outputs=tf.matmul(x, tf.get_variable("w", [4, 2]))
  )


class _OwnEncoder:
  def __init__(self, source):
    self._source = source

  def applications(self):
    return [encoders.Application(self._source, adapters.Adapter())]

  def combine(self, outputs, features):
    return outputs[0] * features["x"][:, :1]


def test_what_is_not_provably_the_same_is_computed_anew_and_why_is_said(
  dense, tmp_path
):
  plain = _image_module(tmp_path / "plain")
  noisy = _image_module(tmp_path / "noisy", noise=True)
  frozen = ModuleSource(dense, trainable=False)

  def why_not(encoder, **features):
    infos = {
      name: read_module_info(source.handle)
      for name, source in encoders.sources(encoder).items()
    }
    examples = Examples(
      features or {"x": np.ones([3, 4], np.float32)}, None, "test"
    )
    try:
      feature_cache.Outputs([examples], encoder, infos)
    except feature_cache.NotKept as reason:
      return str(reason)
    return None

  pixels = np.ones([3, 4, 4, 3], np.float32)

  def images(handle, **adapter):
    return Encoder(
      ModuleSource(handle, trainable=False), adapters.Adapter(**adapter)
    )

  flip = [augmentations.Flip()]
  by_mode = {"images": {"train": 1.0, "eval": 0.0, "infer": 0.0}}
  new = NewModule(_dense_fn)
  assert why_not(Encoder(frozen)) is None
  assert why_not(images(plain), image=pixels) is None
  assert why_not(images(new)) == "module 'module' is new"
  assert why_not(Encoder(ModuleSource(dense))) == "module 'module' is trained"
  assert "augmented" in why_not(images(plain, augment=flip))
  assert "differ by mode" in why_not(images(plain, constants=by_mode))
  assert "draws at random (RandomUniform)" in why_not(
    images(noisy), image=pixels
  )
  assert "_OwnEncoder isn't one" in why_not(_OwnEncoder(frozen))


def _outputs(handle, x, **source):
  examples = Examples({"x": x}, None, "test")
  encoder = Encoder(ModuleSource(handle, trainable=False, **source))
  infos = {"module": read_module_info(handle)}
  (made,) = feature_cache.Outputs([examples], encoder, infos).examples()
  assert set(made.features) == {encoders.output_key(0)}
  return made.features[encoders.output_key(0)]


def test_parts_of_a_run_share_the_network(dense, x, told, monkeypatch):
  built = []
  place = modules.place

  def counted(*args, **kwargs):
    built.append(args)
    return place(*args, **kwargs)

  monkeypatch.setattr(modules, "place", counted)
  encoder = Encoder(ModuleSource(dense, trainable=False))
  infos = {"module": read_module_info(dense)}
  parts = [Examples({"x": part}, None, "test") for part in (x, x[:70] + 1)]
  outputs = feature_cache.Outputs(parts, encoder, infos)
  assert outputs.widths == [3]
  assert told() == ""
  kept = outputs.examples()
  assert len(built) == 1
  assert told().count("Computed") == 2
  key = encoders.output_key(0)
  assert [part.features[key].shape for part in kept] == [(150, 3), (70, 3)]
  for part, alone in zip(kept, (x, x[:70] + 1), strict=True):
    np.testing.assert_array_equal(part.features[key], _outputs(dense, alone))
  assert len(built) == 1  # What is on disk needs none.


def test_a_width_is_known_without_a_graph_once_one_was_built(
  dense, x, monkeypatch, cache
):
  encoder = Encoder(ModuleSource(dense, trainable=False))
  infos = {"module": read_module_info(dense)}

  def widths():
    examples = Examples({"x": x}, None, "test")
    return feature_cache.Outputs([examples], encoder, infos).widths

  assert widths() == [3]
  (file,) = cache.glob("*.width")
  built = []
  place = modules.place
  monkeypatch.setattr(
    modules, "place", lambda *a, **k: built.append(a) or place(*a, **k)
  )
  assert widths() == [3]
  assert not built
  for damaged in (file.read_text().replace("3 ", "4 ", 1), "", "x", "3"):
    file.write_text(damaged)
    assert widths() == [3]
    assert len(built) == 1
    built.clear()
  assert widths() == [3] and not built


@pytest.fixture
def x():
  return np.random.default_rng(1).normal(size=(150, 4)).astype(np.float32)


def test_outputs_are_those_of_the_module(dense, x):
  got = _outputs(dense, x)
  with tf.Graph().as_default(), tf.Session() as session:
    expected = hub.Module(dense)(x)
    session.run(tf.global_variables_initializer())
    np.testing.assert_allclose(got, session.run(expected), rtol=1e-6)
  assert got.dtype == np.float32 and isinstance(got, np.memmap)


def test_another_module_signature_or_example_has_another_key(
  dense, batch_norm, x, cache
):
  _outputs(dense, x)
  _outputs(dense, x + 0)
  assert len(_entries(cache)) == 1
  _outputs(batch_norm, x)
  _outputs(batch_norm, x, signature="other")
  x[77, 2] += 1e-6
  _outputs(dense, x)
  _outputs(dense, x[:100])
  assert len(_entries(cache)) == 5


def test_strings_are_told_apart_by_their_borders(text, cache):
  def outputs(*words):
    examples = Examples(
      {"sentence": np.array([w.encode() for w in words], object)}, None, "t"
    )
    encoder = Encoder(ModuleSource(text, trainable=False))
    infos = {"module": read_module_info(text)}
    return feature_cache.Outputs([examples], encoder, infos).examples()

  outputs("a good", "film")
  outputs("a goo", "dfilm")
  assert len(_entries(cache)) == 2


@pytest.mark.parametrize(
  "damage", ["flip", "truncate", "no json", "other width", "empty"]
)
def test_a_damaged_entry_is_computed_anew(dense, x, cache, told, damage):
  expected = np.array(_outputs(dense, x))
  (entry,) = _entries(cache)
  file = entry / "outputs.npy"
  content = bytearray(file.read_bytes())
  if damage == "flip":
    content[-5] ^= 1
    file.write_bytes(content)
  elif damage == "truncate":
    file.write_bytes(content[:-4])
  elif damage == "no json":
    (entry / "entry.json").write_text("{")
  elif damage == "other width":
    content[:128] = content[:128].replace(b" 3)", b" 4)")
    file.write_bytes(content)
  else:
    file.unlink()
    (entry / "entry.json").unlink()
  told()
  np.testing.assert_array_equal(_outputs(dense, x), expected)
  assert "Computed the outputs" in told()
  np.testing.assert_array_equal(_outputs(dense, x), expected)
  assert "Computed" not in told()


def test_those_that_ask_at_once_wait_for_one_that_computes(dense, x, told):
  read_module_info(dense)
  got = []
  threads = [
    threading.Thread(target=lambda: got.append(np.array(_outputs(dense, x))))
    for _ in range(4)
  ]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert told().count("Computed the outputs") == 1
  assert len(got) == 4
  for outputs in got:
    np.testing.assert_array_equal(outputs, got[0])


def test_a_writer_that_is_killed_leaves_nothing_that_counts(
  dense, x, cache, tmp_path
):
  cache.mkdir(parents=True)
  key = "0123456789abcdef"

  def batches():
    while True:
      yield np.ones([1000, 50], np.float32)
      time.sleep(0.01)

  child = os.fork()
  if child == 0:
    feature_cache._write(cache / key, batches())
    os._exit(0)
  deadline = time.monotonic() + 30
  while not list(cache.glob(f".{key}-*/*/outputs.npy")):
    assert time.monotonic() < deadline
    time.sleep(0.02)
  os.kill(child, signal.SIGKILL)
  os.waitpid(child, 0)
  assert feature_cache._load(cache / key) is None
  assert _entries(cache) == list(cache.glob(f".{key}-*"))
  feature_cache._write(cache / key, iter([np.eye(3, dtype=np.float32)]))
  np.testing.assert_array_equal(feature_cache._load(cache / key), np.eye(3))


def test_the_longest_unused_go_first_above_the_bound(
  dense, x, cache, monkeypatch
):
  # Each entry is 150 x 3 floats and a header of 128 bytes.
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE_GIB", str(2 * 1928 / 2**30))
  first = _outputs(dense, x)
  os.utime(_entries(cache)[0], (1, 1))
  _outputs(dense, x + 1)
  assert len(_entries(cache)) == 2
  kept = {e.name for e in _entries(cache)}
  _outputs(dense, x + 2)
  assert len(_entries(cache)) == 2
  assert len(kept & {e.name for e in _entries(cache)}) == 1
  assert np.isfinite(first).all()  # Whoever reads it goes on.


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (0, 0)])
def test_an_array_written_in_batches_is_numpys(tmp_path, shape):
  array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
  feature_cache._write_npy(
    tmp_path / "a.npy", (array[i : i + 2] for i in range(0, len(array), 2))
  )
  written = np.load(tmp_path / "a.npy")
  assert written.shape == shape
  np.testing.assert_array_equal(written, array)


def test_fields_that_change_the_outputs_are_in_the_key(dense, x):
  encoder = Encoder(ModuleSource(dense, trainable=False))
  (application,) = encoder.applications()
  info = read_module_info(dense)
  examples = Examples({"x": x}, None, "test")

  def key(**adapter):
    changed = dataclasses.replace(
      application, adapter=adapters.Adapter(**adapter)
    )
    network = feature_cache._Network(changed, info, examples)
    return feature_cache._key(examples, network)

  assert key() == key()
  assert len({key(), key(pooling="max"), key(image_range=(-1.0, 1.0))}) == 3
