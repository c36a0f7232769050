"""Every step of training equals a model_fn written by hand."""

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, modules, optimizers, runs
from hub_estimator.experiments import Experiment
from hub_estimator.model import encoders, tops
from hub_estimator.tensorflow_runtime import estimator, hub, tf

STEPS = 20
RATE = 0.05
L2 = 0.01


class _LossHook(estimator.SessionRunHook):
  def __init__(self):
    self.losses = []
    self.before = {}

  def begin(self):
    self._loss = tf.get_collection("the_loss")[0]

  def after_create_session(self, session, coord):
    self.before = session.run({v.op.name: v for v in tf.global_variables()})

  def before_run(self, run_context):
    return estimator.SessionRunArgs(self._loss)

  def after_run(self, run_context, run_values):
    self.losses.append(run_values.results)


def _by_hand(handle, feature, *, trainable, tags):
  """Returns a model_fn as a careful engineer writes it with TF1 and Hub alone."""

  def model_fn(features, labels, mode):
    training = mode == "train"
    module = hub.Module(
      handle, trainable=trainable and training, tags=tags if training else None
    )
    output = module(features[feature])
    update_ops = [
      op
      for op in tf.get_collection(tf.GraphKeys.UPDATE_OPS)
      if "_apply_default/" in op.name and "other" not in op.name
    ]
    # The first half belongs to the first signature.
    update_ops = update_ops[: len(update_ops) // 2]
    with tf.variable_scope("head/logits"):
      kernel = tf.get_variable(
        "kernel", [output.shape[1], 1], initializer=tf.zeros_initializer()
      )
      bias = tf.get_variable("bias", [1], initializer=tf.zeros_initializer())
    logits = tf.matmul(output, kernel) + bias
    labels = tf.cast(labels, tf.float32)[:, tf.newaxis]
    loss = tf.reduce_mean(
      tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    loss += tf.losses.get_regularization_loss() + L2 * tf.nn.l2_loss(kernel)
    tf.add_to_collection("the_loss", loss)
    with tf.control_dependencies(update_ops):
      train_op = tf.train.AdamOptimizer(RATE).minimize(
        loss, global_step=tf.train.get_global_step()
      )
    return estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)

  return model_fn


def _ours(experiment):
  """Returns a run's model_fn that also collects its loss."""
  function = runs.check(experiment).model_fn

  def model_fn(features, labels, mode, config):
    spec = function(features, labels, mode, config)
    tf.add_to_collection("the_loss", spec.loss)
    return spec

  return model_fn


def _train(model_fn, examples, model_dir):
  """Returns variables before training, the losses, and variables after it."""
  made = estimator.Estimator(
    model_fn, str(model_dir), estimator.RunConfig(tf_random_seed=3)
  )
  hook = _LossHook()
  made.train(
    inputs.make_train_input_fn(examples, batch_size=16, seed=3),
    max_steps=STEPS,
    hooks=[hook],
  )
  after = {
    name: made.get_variable_value(name)
    for name in made.get_variable_names()
    if "Adam" not in name and "power" not in name
  }
  return hook.before, np.array(hook.losses), after


@pytest.mark.slow
@pytest.mark.parametrize(
  "kind, trainable",
  [("text", True), ("batch_norm", True), ("batch_norm", False)],
)
def test_twenty_steps_equal_the_hand_written_model_fn(
  request, tmp_path, kind, trainable
):
  handle = request.getfixturevalue(kind)
  is_text = kind == "text"
  data = (
    inputs.Csv(request.getfixturevalue("sentences_csv"))
    if is_text
    else inputs.Npz(request.getfixturevalue("numbers_npz"), features=["x"])
  )
  experiment = Experiment(
    encoder=encoders.Encoder(modules.ModuleSource(handle, trainable=trainable)),
    head=heads.Binary(),
    optimizer=optimizers.Adam(RATE),
    top=tops.Linear(l2=L2),
    fine_tuning=optimizers.FineTuning(module_rate_multiplier=1.0),
    exports=exporting.Exports(kinds=[]),
    train_input=data,
    eval_input=data,
    batch_size=16,
    seed=3,
  )
  examples = data.read()
  tags = {"train"} if kind == "batch_norm" and trainable else None
  by_hand = _by_hand(
    handle,
    "sentence" if is_text else "x",
    trainable=trainable,
    tags=tags,
  )
  before, losses, variables = _train(
    _ours(experiment), examples, tmp_path / "ours"
  )
  _, hand_losses, hand_variables = _train(by_hand, examples, tmp_path / "hand")

  np.testing.assert_allclose(losses, hand_losses, rtol=1e-6, atol=0)
  assert set(variables) == set(hand_variables)
  for name, value in hand_variables.items():
    np.testing.assert_allclose(
      variables[name], value, rtol=1e-5, atol=1e-6, err_msg=name
    )

  moved = {n for n in variables if not np.array_equal(variables[n], before[n])}
  of_module = {n for n in variables if n.startswith("module/")}
  if trainable:
    assert of_module <= moved
  else:
    assert not of_module & moved
  assert losses[-5:].mean() < losses[0]
