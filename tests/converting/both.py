"""A module in a session of TensorFlow 1, and converted, in TensorFlow 2."""

import dataclasses
import inspect
from collections.abc import Mapping

import numpy as np

from hub_estimator.modules import ModuleSource, place, read_module_info
from hub_estimator.tensorflow_runtime import estimator, tf

v2 = tf.compat.v2
Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Step:
  """What a module computes for one batch, and what it leaves behind.

  Attributes:
    outputs: by name.
    losses: the regularization losses, sorted.
    gradients: of the mean sines of float outputs plus the losses, by variable.
    variables: after the batch, by name.
  """

  outputs: Arrays
  losses: list[float]
  gradients: Arrays
  variables: Arrays


def step_in_session(
  handle, inputs, *, training, signature="default", steps=0, optimizer=None
) -> Step:
  """Applies a module with `hub.Module`, and trains it for some steps.

  Args:
    handle: of the module.
    inputs: arrays by name.
    training: whether in the variant for training, with its update ops.
    signature: the one that is applied.
    steps: how many steps to train after the batch.
    optimizer: returns an optimizer of TensorFlow 1.
  """
  mode = estimator.ModeKeys.TRAIN if training else estimator.ModeKeys.EVAL
  info = read_module_info(handle)
  source = ModuleSource(handle, signature=signature)
  with tf.Graph().as_default(), tf.Session() as session:
    placed = place(info, source, mode=mode)
    outputs, update_ops = placed.apply(
      {name: tf.constant(value) for name, value in inputs.items()}
    )
    outputs = {name: tf.identity(t) for name, t in outputs.items()}
    losses = list(placed.regularization_losses)
    variables = placed.trainable_variables
    total = _total(outputs, losses)
    gradients = tf.gradients(total, variables) if training else []
    train = tf.no_op()
    if steps:
      with tf.control_dependencies(update_ops):
        train = optimizer().minimize(total, var_list=variables)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    *got, _ = session.run(
      (outputs, losses, _dense(variables, gradients), update_ops)
    )
    for _ in range(steps):
      session.run(train)
    after = session.run({_own_name(v): v for v in placed.variables})
  return Step(got[0], sorted(got[1]), got[2], after)


def step_in_tensorflow_2(
  path, inputs, *, training, steps=0, optimizer=None
) -> Step:
  """Applies a converted module to the same batch: see `step_in_session`.

  Args:
    path: of the SavedModel.
    inputs: arrays by name.
    training: the argument of its call.
    steps: how many steps to train after the batch.
    optimizer: returns an optimizer of Keras 2.
  """
  loaded = v2.saved_model.load(path)

  def compute():
    with tf.GradientTape() as tape:
      outputs = call(loaded, inputs, training=training)
      losses = [loss() for loss in loaded.regularization_losses]
      total = _total(outputs, losses)
    return outputs, losses, tape.gradient(total, loaded.trainable_variables)

  outputs, losses, gradients = compute()
  optimizer = optimizer and optimizer()
  for _ in range(steps):
    pairs = zip(compute()[2], loaded.trainable_variables, strict=True)
    optimizer.apply_gradients([(g, v) for g, v in pairs if g is not None])
  return Step(
    {name: value.numpy() for name, value in outputs.items()},
    sorted(loss.numpy() for loss in losses) if training else [],
    {
      name_of(v): v2.convert_to_tensor(g).numpy()
      for v, g in zip(loaded.trainable_variables, gradients, strict=True)
      if g is not None
    }
    if training
    else {},
    {name_of(v): v.numpy() for v in loaded.variables},
  )


def call(loaded, inputs, *, training):
  """Returns all outputs of a converted module's call, by name."""
  arguments = inspect.signature(loaded.__call__).parameters
  named = {"as_dict": True} if "as_dict" in arguments else {}
  given = {name: tf.constant(value) for name, value in inputs.items()}
  for name in set(arguments) & set(inputs) - {"inputs"}:
    named[name] = given.pop(name)
  given = given if len(given) > 1 else next(iter(given.values()))
  result = loaded(given, training=training, **named)
  return dict(result) if isinstance(result, Mapping) else {"default": result}


def name_of(variable) -> str:
  return variable.name.removesuffix(":0")


def _own_name(variable) -> str:
  """Returns the name in the module of a variable of a placed module."""
  return name_of(variable).split("/", 1)[1]


def assert_same(got: Step, expected: Step, *, rtol=1e-5) -> None:
  """Checks that two steps are equal.

  Each array is compared relative to its largest value, and gradients relative to the
  largest of all: some are zero but for the noise of floats, such as that of a shift
  ahead of batch norm.
  """
  np.testing.assert_allclose(got.losses, expected.losses, rtol=rtol)
  largest = max(map(_largest, expected.gradients.values()), default=0.0)
  assert_close(got.gradients, expected.gradients, atol=rtol * largest)
  assert_close(got.outputs, expected.outputs, rtol=rtol)
  assert_close(got.variables, expected.variables, rtol=rtol)


def assert_close(
  got: Arrays, expected: Arrays, *, rtol=1e-5, atol=None
) -> None:
  """Checks that arrays by name are equal, relative to the largest value of each.

  Args:
    got: to check.
    expected: has the same names.
    rtol: the tolerance.
    atol: an absolute tolerance in its place.
  """
  assert set(got) == set(expected)
  for name, value in expected.items():
    if value.dtype.kind == "f":
      allowed = rtol * _largest(value) if atol is None else atol
      np.testing.assert_allclose(
        got[name], value, rtol=rtol, atol=allowed, err_msg=name
      )
    else:
      np.testing.assert_array_equal(got[name], value, err_msg=name)


def _largest(value: np.ndarray) -> float:
  return float(np.max(np.abs(value), initial=0.0))


def _total(outputs, losses):
  means = [
    tf.reduce_mean(tf.sin(t)) for t in outputs.values() if t.dtype.is_floating
  ]
  return tf.add_n([*means, *losses])


def _dense(variables, gradients):
  return {
    _own_name(v): tf.convert_to_tensor(g)
    for v, g in zip(variables, gradients, strict=False)
    if g is not None
  }
