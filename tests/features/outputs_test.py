"""Kept features: the same numbers, computed once, never wrong."""

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, progress, runs
from hub_estimator.model import encoders
from hub_estimator.model.columns import Numeric
from hub_estimator.model.encoders import Columns, Concat, Encoder
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import hub, tf
from tests.features.small_outputs import (
  compute,
  entries,
  frozen_run,
  outputs_for,
  placed_modes,
)
from tests.small_runs import make_experiment, replace


def _served(path, x):
  model = tf.saved_model.load_v2(str(path))
  return model.signatures["serving_default"](x=tf.constant(x))[
    "probabilities"
  ].numpy()


@pytest.mark.slow
def test_a_run_ends_where_one_without_the_cache_ends(
  batch_norm, numbers_npz, tmp_path, new_log
):
  x = np.load(numbers_npz)["x"]
  served, losses = [], []
  for name, kept in (("kept", True), ("not", False)):
    experiment = frozen_run(
      batch_norm,
      numbers_npz,
      cache_features=kept,
      exports=exporting.Exports(["final"]),
      head=heads.Binary(),
      label="label",
    )
    result = runs.train(experiment, str(tmp_path / name))
    served.append(
      _served(tmp_path / name / result.exports["final"]["model"], x)
    )
    losses.append(result.metrics["loss"])
    assert ("Computed the outputs" in new_log()) == kept
  np.testing.assert_allclose(served[0], served[1], rtol=1e-5, atol=1e-6)
  assert losses[0] == pytest.approx(losses[1], rel=1e-5)
  # The export is of the real module, with the weights that it started with.
  (module,) = (tmp_path / "kept/export/final/module").glob("*/module")
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = [hub.Module(p)(x) for p in (str(module), batch_norm)]
    session.run(tf.global_variables_initializer())
    np.testing.assert_array_equal(*session.run(outputs))


@pytest.mark.slow
def test_other_runs_on_the_same_data_compute_nothing(
  dense, numbers_npz, tmp_path, new_log, cache_dir
):
  runs.train(frozen_run(dense, numbers_npz), str(tmp_path / "first"))
  # Training and evaluation read the same file.
  assert new_log().count("Computed the outputs") == 1
  (entry,) = entries(cache_dir)
  runs.train(
    frozen_run(dense, numbers_npz, seed=7, head=heads.Binary(), label="label"),
    str(tmp_path / "second"),
  )
  assert "Computed" not in new_log()
  assert entries(cache_dir) == [entry]


@pytest.mark.slow
def test_a_run_whose_features_are_kept_builds_no_network(
  dense, numbers_npz, tmp_path
):
  built = []
  for name in ("cold", "warm"):
    experiment = frozen_run(dense, numbers_npz, exports=exporting.Exports([]))
    with placed_modes() as modes:
      runs.train(experiment, str(tmp_path / name))
    built += modes
    assert built == ["eval"]  # The network that is checked also computes.


@pytest.mark.slow
def test_an_interrupted_run_goes_on_to_the_same_end(
  dense, numbers_npz, tmp_path, trained_runs
):
  whole = trained_runs.read_only(frozen_run(dense, numbers_npz)).result
  runs.train(
    frozen_run(dense, numbers_npz, max_steps=10), str(tmp_path / "parts")
  )
  parts = runs.train(frozen_run(dense, numbers_npz), str(tmp_path / "parts"))
  assert parts.metrics == whole.metrics


@pytest.mark.slow
def test_weights_of_examples_and_columns_stay(dense, tmp_path):
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


def test_parts_of_a_run_share_the_network(dense, x, new_log):
  with placed_modes() as built:
    outputs = outputs_for([x, x[:70] + 1], dense)
    assert outputs.widths == [3]
    assert new_log() == ""
    kept = outputs.examples()
    assert len(built) == 1
    assert new_log().count("Computed") == 2
    key = encoders.output_key(0)
    assert [part.features[key].shape for part in kept] == [(150, 3), (70, 3)]
    for part, alone in zip(kept, (x, x[:70] + 1), strict=True):
      np.testing.assert_array_equal(part.features[key], compute(dense, alone))
    assert len(built) == 1  # Outputs on disk need none.


def test_outputs_are_those_of_the_module(dense, x):
  got = compute(dense, x)
  with tf.Graph().as_default(), tf.Session() as session:
    expected = hub.Module(dense)(x)
    session.run(tf.global_variables_initializer())
    np.testing.assert_allclose(got, session.run(expected), rtol=1e-6)
  assert got.dtype == np.float32 and isinstance(got, np.memmap)


def test_computing_is_reported(dense, x, new_log):
  seen = []
  with progress.listen(seen.append):
    compute(dense, x)
    assert new_log().startswith("Computing the outputs of")
    compute(dense, x)
  assert [(p.what, p.done, p.total, p.unit) for p in seen] == [
    ("computing features", done, 150, "examples") for done in (64, 128, 150)
  ]
