"""Accelerated training ends where plain training does; evaluation stays float32."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from hub_estimator import runs, testing
from hub_estimator.errors import UserError
from hub_estimator.model import acceleration
from hub_estimator.tensorflow_runtime import (
  estimator,
  estimator_internals,
  tf,
)
from tests.small_runs import make_experiment

WITHOUT_UNITS = "flags : fpu avx2 avx512f avx512_bf16\n"
# Runs in a process of its own, because XLA reads its flags only once.
XLA_RUNS = """
import sys
import numpy as np
from hub_estimator import optimizers, runs
from hub_estimator.errors import RunFailed
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment

def train(name, **changes):
  directory = f"{sys.argv[3]}/{name}"
  made = make_experiment(sys.argv[1], sys.argv[2], module_trainable=True, **changes)
  loss = runs.train(made, directory).metrics["loss"]
  reader = tf.train.load_checkpoint(directory)
  return loss, {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}

(plain, weights), (compiled, others) = (train(str(x), xla=x) for x in (False, True))
np.testing.assert_allclose(compiled, plain, rtol=1e-4)
assert weights.keys() == others.keys()
for name, value in weights.items():
  np.testing.assert_allclose(others[name], value, rtol=1e-3, atol=1e-5, err_msg=name)
try:
  train("nan", xla=True, optimizer=optimizers.SGD(1e30))
except RunFailed as error:
  print(error)
"""

needs_units = pytest.mark.skipif(
  not acceleration.has_bfloat16_units(),
  reason="this CPU has no bfloat16 matrix units (amx_bf16)",
)


def _weights(directory) -> dict[str, np.ndarray]:
  reader = tf.train.load_checkpoint(str(directory))
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


@needs_units
@pytest.mark.slow
def test_bfloat16_steps_end_near_those_of_float32(numbers_npz, tmp_path):
  module = testing.dense_module(str(tmp_path / "module"), width=64)
  losses = {}
  for mixed in (False, True):
    experiment = make_experiment(
      module, numbers_npz, module_trainable=True, mixed_precision=mixed
    )
    directory = str(tmp_path / str(mixed))
    losses[mixed] = runs.train(experiment, directory).metrics["loss"]
    # A run evaluates in float32, as consumers of its checkpoint do.
    plain = make_experiment(module, numbers_npz, module_trainable=True)
    again = runs.evaluate(directory, experiment=plain)
    assert losses[mixed] == pytest.approx(again["loss"], rel=1e-6)
  assert losses[True] == pytest.approx(losses[False], rel=0.02)
  plain, mixed = _weights(tmp_path / "False"), _weights(tmp_path / "True")
  assert {n: v.dtype for n, v in plain.items()} == {
    n: v.dtype for n, v in mixed.items()
  }
  kernel = "module/kernel"
  assert not np.array_equal(plain[kernel], mixed[kernel])  # It was used.
  np.testing.assert_allclose(mixed[kernel], plain[kernel], atol=0.02)


@pytest.mark.slow
def test_xla_steps_end_where_plain_ones_do_and_stop_at_nan(
  batch_norm, numbers_npz, tmp_path
):
  done = subprocess.run(
    [sys.executable, "-c", XLA_RUNS, batch_norm, numbers_npz, str(tmp_path)],
    capture_output=True,
    text=True,
    cwd=pathlib.Path(__file__).parents[2],
    env={
      **os.environ,
      "TF_CPP_MIN_LOG_LEVEL": "0",
      "TF_XLA_FLAGS": "--tf_xla_cpu_global_jit --tf_xla_min_cluster_size=1",
    },
    check=False,
  )
  assert done.returncode == 0, done.stderr[-3000:]
  assert "Compiled cluster using XLA" in done.stderr
  assert "Training stopped at step" in done.stdout


def test_only_sessions_of_one_estimator_are_accelerated(tmp_path):
  config = estimator.RunConfig(
    session_config=tf.ConfigProto(intra_op_parallelism_threads=3)
  )
  plain, mixed, compiled = (
    estimator.Estimator(lambda features: None, str(tmp_path / name), config)
    for name in ("plain", "mixed", "compiled")
  )
  before = estimator_internals.session_config(plain)
  acceleration.accelerate(plain, mixed_precision=False, xla=False)
  assert estimator_internals.session_config(plain) == before
  acceleration.accelerate(mixed, mixed_precision=True, xla=False)
  acceleration.accelerate(compiled, mixed_precision=False, xla=True)
  for made in (plain, mixed, compiled):
    config = estimator_internals.session_config(made)
    rewriting = config.graph_options.rewrite_options
    jit = config.graph_options.optimizer_options.global_jit_level
    assert rewriting.auto_mixed_precision_onednn_bfloat16 == (made is mixed)
    assert jit == (1 if made is compiled else 0)
    assert config.intra_op_parallelism_threads == 3


WITHOUT_GPU = pytest.mark.skipif(
  bool(tf.config.list_physical_devices("GPU")), reason="there is a GPU"
)


@WITHOUT_GPU
def test_a_cpu_that_loses_by_bfloat16_is_refused(tmp_path, monkeypatch):
  info = tmp_path / "cpuinfo"
  for cpu_info in (info, tmp_path / "none"):
    info.write_text(WITHOUT_UNITS)
    assert not acceleration.has_bfloat16_units(cpu_info)
    with pytest.raises(UserError, match=r"this CPU has no .*amx_bf16"):
      acceleration.check(mixed_precision=True, xla=False, cpu_info=cpu_info)
  info.write_text(WITHOUT_UNITS.replace("\n", " amx_bf16\n"))
  assert acceleration.has_bfloat16_units(info)
  acceleration.check(mixed_precision=True, xla=False, cpu_info=info)
  monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
  with pytest.raises(UserError, match="TF_ENABLE_ONEDNN_OPTS turns oneDNN off"):
    acceleration.check(mixed_precision=True, xla=False, cpu_info=info)


def test_a_run_that_loses_by_bfloat16_does_not_begin(
  dense, numbers_npz, tmp_path, monkeypatch
):
  # Refused on any machine: with a GPU, without matrix units, or without oneDNN.
  monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
  experiment = make_experiment(dense, numbers_npz, mixed_precision=True)
  for start in (runs.train, runs.check_run):
    with pytest.raises(UserError, match="run.mixed_precision is True, and"):
      start(experiment, str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


@WITHOUT_GPU
def test_xla_without_a_gpu_is_refused(
  dense, numbers_npz, tmp_path, monkeypatch
):
  monkeypatch.delenv("TF_XLA_FLAGS", raising=False)
  experiment = make_experiment(dense, numbers_npz, xla=True)
  with pytest.raises(UserError, match=r"run.xla is True, .* has no GPU"):
    runs.train(experiment, str(tmp_path / "run"))
  assert not (tmp_path / "run").exists()
  # `check` calls this if it has no model_dir.
  with pytest.raises(UserError, match="run.xla is True"):
    runs.check_devices(experiment)


@pytest.mark.parametrize("name", ["mixed_precision", "xla", "cache_features"])
def test_an_option_that_is_neither_true_nor_false_is_refused(
  dense, numbers_npz, name
):
  with pytest.raises(
    UserError, match=f"run.{name} is 'yes'; it must be True or"
  ):
    make_experiment(dense, numbers_npz, **{name: "yes"})
