"""Regularization losses are weighed, and each is in the loss once."""

import numpy as np

from hub_estimator import modules, optimizers, runs
from hub_estimator.model.encoders import Towers
from hub_estimator.model.regularization import build_losses
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.tensorflow_runtime import tf
from tests.model.pairs import pairs_experiment


def test_the_regularization_of_two_towers_is_in_the_loss_once(dense, pairs_npz):
  encoder = Towers(ModuleSource(dense), "a", "b")
  checked = runs.check(pairs_experiment(dense, pairs_npz, encoder))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    features, labels = checked.train.take(slice(0, 8))
    spec = checked.model_fn(
      {k: tf.constant(v) for k, v in features.items()},
      tf.constant(labels),
      "train",
    )
    session.run(tf.global_variables_initializer())
    (kernel,) = [
      v for v in tf.trainable_variables() if v.name == "module/kernel:0"
    ]
    loss, kernel = session.run([spec.loss, kernel])
  # A zero-initialised top: the data's share is log 2.
  expected = np.log(2) + 0.1 * 0.5 * (kernel**2).sum()
  np.testing.assert_allclose(loss, expected, rtol=1e-5)


def _losses(handle, fine_tuning, *, training=True, moved=0.0):
  """Returns the values of all losses, the module's kernel moved by a number."""
  with tf.Graph().as_default(), tf.Session() as session:
    placed = modules.place(
      read_module_info(handle), ModuleSource(handle), mode="train"
    )
    losses = build_losses(
      fine_tuning, [placed], [tf.constant(2.0)], training=training
    )
    session.run(tf.global_variables_initializer())
    (kernel,) = [v for v in tf.trainable_variables() if "kernel" in v.name]
    session.run(kernel.assign_add(tf.fill(kernel.shape, moved)))
    return session.run(losses), session.run(kernel)


def test_losses_of_modules_and_top_are_scaled(dense):
  fine_tuning = optimizers.FineTuning(regularization_scale=3.0)
  losses, kernel = _losses(dense, fine_tuning)
  np.testing.assert_allclose(
    losses, [3 * 0.1 * 0.5 * (kernel**2).sum(), 6.0], rtol=1e-5
  )


def test_l2_sp_is_the_distance_from_pretrained_values(dense):
  fine_tuning = optimizers.FineTuning(l2_sp=0.5)
  losses, kernel = _losses(dense, fine_tuning, moved=2.0)
  assert len(losses) == 3
  np.testing.assert_allclose(
    losses[-1], 0.5 * 0.5 * 4.0 * kernel.size, rtol=1e-5
  )
  evaluated, _ = _losses(dense, fine_tuning, training=False)
  assert len(evaluated) == 2
