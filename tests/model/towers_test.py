"""Towers train the same model as one device does."""

import dataclasses

import numpy as np
import pytest

from hub_estimator import optimizers, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.model import towers
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, make_regression


def _variables(model_dir) -> dict[str, np.ndarray]:
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(model_dir)))
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


@pytest.mark.slow
@pytest.mark.parametrize("accumulate", [1, 2])
def test_towers_take_the_steps_of_one(dense, numbers_npz, tmp_path, accumulate):
  experiment = make_regression(
    dense,
    numbers_npz,
    eval_every_steps=20,
    fine_tuning=optimizers.FineTuning(
      clip_norm=1.0, average_decay=0.9, accumulate_batches=accumulate
    ),
  )
  trained = {}
  for count in (1, 2, 4):
    directory = tmp_path / str(count)
    result = runs.train(
      dataclasses.replace(experiment, towers=count), str(directory)
    )
    trained[count] = (_variables(directory), result.metrics)
  for count in (2, 4):
    assert set(trained[count][0]) == set(trained[1][0])
    for name, value in trained[1][0].items():
      np.testing.assert_allclose(
        trained[count][0][name], value, rtol=2e-4, atol=1e-5, err_msg=name
      )
    assert trained[count][1]["loss"] == pytest.approx(
      trained[1][1]["loss"], rel=1e-4
    )


@pytest.mark.slow
def test_towers_of_text_take_the_steps_of_one(text, sentences_csv, tmp_path):
  losses = [
    runs.train(
      make_experiment(text, sentences_csv, towers=count, eval_every_steps=20),
      str(tmp_path / str(count)),
    ).metrics["loss"]
    for count in (1, 2)
  ]
  assert losses[1] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.slow
def test_batch_norm_keeps_the_statistics_of_the_first_tower(tmp_path):
  module = testing.batch_norm_module(str(tmp_path / "module"))
  rng = np.random.default_rng(1)
  x = rng.normal(3, 2, size=(16, 4)).astype(np.float32)
  data = str(tmp_path / "data.npz")
  np.savez(data, x=x, label=np.arange(16) % 2)
  before = {}
  reader = tf.train.load_checkpoint(f"{module}/variables/variables")
  (name,) = [
    n for n in reader.get_variable_to_shape_map() if n.endswith("moving_mean")
  ]
  before = reader.get_tensor(name)
  moved = {}
  for count in (1, 2):
    directory = tmp_path / str(count)
    runs.train(
      make_experiment(
        module, data, towers=count, max_steps=1, seed=1, eval_every_steps=1
      ),
      str(directory),
    )
    moved[count] = _variables(directory)[f"module/{name}"] - before
  # The whole batch and half of it each moved the averages once.
  assert not np.allclose(moved[1], moved[2])
  assert 0.5 < np.linalg.norm(moved[2]) / np.linalg.norm(moved[1]) < 2


def test_each_tower_computes_on_its_own_device(dense):
  with tf.Graph().as_default() as graph:
    weights = tf.get_variable("weights", [4, 3], use_resource=True)
    features = {"x": tf.placeholder(tf.float32, [None, 4])}
    built = towers.build(
      lambda part: tf.matmul(part["x"], weights), features, 2
    )
    loss = tf.reduce_sum(tf.concat(built, 0))
    tf.gradients(loss, [weights], colocate_gradients_with_ops=True)
    matmuls = [op for op in graph.get_operations() if op.type == "MatMul"]
    reads = [op for op in graph.get_operations() if op.type == "ReadVariableOp"]
    config = towers.with_devices(tf.ConfigProto(log_device_placement=True), 2)
    with tf.Session(config=config) as session:
      session.run(tf.global_variables_initializer())
      x = np.ones([6, 4], np.float32)
      halves = session.run(built, {features["x"]: x})
  assert [len(half) for half in halves] == [3, 3]
  # Forward and backward.
  assert {op.device for op in matmuls} == {"/device:CPU:0", "/device:CPU:1"}
  assert {op.device for op in reads} == {""}


def test_a_batch_that_towers_cannot_share_is_refused(dense, numbers_npz):
  with pytest.raises(UserError, match=r"run.towers is 3, which doesn't divide"):
    make_experiment(dense, numbers_npz, towers=3)


def test_towers_without_a_gpu_are_warned_of(new_log):
  if tf.config.list_physical_devices("GPU"):
    pytest.skip("this machine has a GPU")
  towers.check(1)
  assert new_log() == ""
  towers.check(2)
  assert "this machine has no GPU: the towers are CPU devices" in new_log()
