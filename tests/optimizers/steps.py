"""Training steps on tiny variables, shared by the tests of this room."""

from collections.abc import Callable, Sequence

import numpy as np

from hub_estimator import optimizers
from hub_estimator.tensorflow_runtime import tf

# Gradients of four steps on a matrix.
GRADIENTS = np.random.default_rng(0).normal(size=(4, 2, 2)).astype(np.float32)


def scalar(name: str) -> tf.Variable:
  """Returns a variable that starts at 1."""
  return tf.get_variable(
    name, [], initializer=tf.ones_initializer(), use_resource=True
  )


def build_head_step(
  optimizer: optimizers.Optimizer,
  fine_tuning: optimizers.FineTuning | None = None,
  *,
  loss_of: Callable[[tf.Tensor], tf.Tensor] = lambda h: h,
  rate_scale: float = 1.0,
) -> tuple[tf.Variable, tf.Operation]:
  """Returns the head's variable h, which starts at 1, and the op of a step."""
  h = scalar("h")
  train_op = optimizers.build_train_op(
    optimizer,
    fine_tuning or optimizers.FineTuning(),
    loss=loss_of(h),
    module_variables=[],
    head_variables=[h],
    update_ops=[],
    rate_scale=rate_scale,
  )
  return h, train_op


def train_scalars(
  optimizer: optimizers.Optimizer,
  fine_tuning: optimizers.FineTuning,
  n_steps: int,
  *,
  loss_of: Callable[[tf.Tensor, tf.Tensor], tf.Tensor] = lambda m, h: m + h,
  update: bool = False,
) -> np.ndarray:
  """Returns m, h, what an update op saw of m, and the step after each step.

  The module's variable m and the head's variable h start at 1.
  """
  with tf.Graph().as_default(), tf.Session() as session:
    m, h = scalar("m"), scalar("h")
    seen = tf.get_variable(
      "seen", [], initializer=tf.zeros_initializer(), trainable=False
    )
    train_op = optimizers.build_train_op(
      optimizer,
      fine_tuning,
      loss=loss_of(m, h),
      module_variables=[m],
      head_variables=[h],
      update_ops=[seen.assign(m).op] if update else [],
    )
    session.run(tf.global_variables_initializer())
    values = []
    for _ in range(n_steps):
      session.run(train_op)
      values.append(session.run([m, h, seen, tf.train.get_global_step()]))
  return np.array(values)


def train_matrices(
  optimizer: optimizers.Optimizer,
  fine_tuning: optimizers.FineTuning,
  gradients: np.ndarray,
  names: Sequence[str] = ("m",),
  *,
  max_steps: int | None = None,
) -> list[np.ndarray]:
  """Returns the module's matrices, which start at 1, after a step a gradient.

  Args:
    optimizer: its learning rate is the module's.
    fine_tuning: how the module moves.
    gradients: of each step.
    names: of the matrices.
    max_steps: the last step; None means none.
  """
  with tf.Graph().as_default(), tf.Session() as session:
    variables = [
      tf.get_variable(
        name, [2, 2], initializer=tf.ones_initializer(), use_resource=True
      )
      for name in names
    ]
    gradient = tf.placeholder(tf.float32, [2, 2])
    train_op = optimizers.build_train_op(
      optimizer,
      fine_tuning,
      loss=tf.add_n([tf.reduce_sum(v * gradient) for v in variables]),
      module_variables=variables,
      head_variables=[],
      update_ops=[],
      max_steps=max_steps,
    )
    session.run(tf.global_variables_initializer())
    for value in gradients:
      session.run(train_op, {gradient: value})
    return session.run(variables)
