"""A run that fails keeps its last good checkpoint."""

import dataclasses

import numpy as np
import pytest

from hub_estimator import (
  heads,
  inputs,
  optimizers,
  runs,
)
from hub_estimator.errors import RunFailed
from hub_estimator.model_dir import results
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment


def _variables(model_dir) -> dict[str, np.ndarray]:
  checkpoint = tf.train.latest_checkpoint(str(model_dir))
  reader = tf.train.load_checkpoint(checkpoint)
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


def test_a_loss_that_explodes_keeps_the_last_good_checkpoint(dense, tmp_path):
  rng = np.random.default_rng(0)
  x = rng.normal(size=(64, 4)).astype(np.float32)
  np.savez(tmp_path / "d.npz", x=x, y=1e18 * x[:, 0])
  experiment = make_experiment(
    dense,
    str(tmp_path / "d.npz"),
    label="y",
    head=heads.Regression(),
    optimizer=optimizers.SGD(1e10),
    eval_every_steps=1,
  )
  with pytest.raises(
    RunFailed, match=r"stopped at step \d+: the loss is"
  ) as caught:
    runs.train(experiment, str(tmp_path / "run"))
  variables = _variables(tmp_path / "run")
  assert all(np.isfinite(v).all() for v in variables.values())
  assert "last good checkpoint is" in str(caught.value)
  assert results.read(tmp_path / "run" / "result.json").state == results.FAILED


def test_an_evaluation_that_meets_nan_ends_the_run_by_name(dense, tmp_path):
  rng = np.random.default_rng(0)
  x = rng.normal(size=(64, 4)).astype(np.float32)
  label = (x[:, 0] > 0).astype(np.int64)
  np.savez(tmp_path / "train.npz", x=x, label=label)
  x[41] = np.nan
  np.savez(tmp_path / "eval.npz", x=x, label=label)
  experiment = dataclasses.replace(
    make_experiment(dense, str(tmp_path / "train.npz")),
    eval_input=inputs.Npz(str(tmp_path / "eval.npz"), features=["x"]),
    eval_batch_size=10,
  )
  with pytest.raises(
    RunFailed,
    match="Evaluation stopped at example 41 of run.eval_input: its logits are "
    "NaN.*last good checkpoint is .*model.ckpt-10",
  ):
    runs.train(experiment, str(tmp_path / "run"))
