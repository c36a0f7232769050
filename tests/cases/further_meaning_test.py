"""Further evaluations and trainings, whose numbers are computed by hand as well."""

import dataclasses

import numpy as np
import pytest

from hub_estimator import (
  config,
  exporting,
  heads,
  inputs,
  modules,
  optimizers,
  runs,
  testing,
)
from hub_estimator.errors import RunFailed, UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model import encoders
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import hub, tf

X = np.random.default_rng(3).normal(size=(53, 2)).astype(np.float32)
WEIGHTS = np.linspace(0, 3, 53).astype(np.float32)
LABELS = {
  "binary": (X.sum(1) > 0).astype(np.int64),
  "multi": (X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 0),
  "several": np.stack([X[:, 0] > 0, X[:, 1] > 0.5, X[:, 0] > 9], 1).astype(
    np.int64
  ),
  "number": (X[:, 0] * 3 - 1).astype(np.float32),
}


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
  """A module that passes two numbers on."""

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 2])
    scale = tf.get_variable("scale", [], initializer=tf.ones_initializer())
    hub.add_signature(inputs={"x": x}, outputs={"default": x * scale})

  path = tmp_path_factory.mktemp("m") / "identity"
  return testing.export_module(str(path), module_fn)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
  path = tmp_path_factory.mktemp("data") / "d.npz"
  np.savez(path, x=X, w=WEIGHTS, **LABELS)
  return str(path)


def _experiment(identity, data, label, head, **changes):
  weight = ["w"] if getattr(head, "weight_column", None) else []
  source = inputs.Npz(data, features=["x", *weight], label=label)
  fields = {
    "max_steps": 20,
    "eval_every_steps": 20,
    "batch_size": 16,
    **changes,
  }
  return Experiment(
    encoder=encoders.Encoder(
      modules.ModuleSource(identity, trainable=False),
      adapters.Adapter(inputs={"x": "x"}),
    ),
    head=head,
    optimizer=fields.pop("optimizer", optimizers.Adam(0.1)),
    train_input=source,
    eval_input=source,
    exports=exporting.Exports(kinds=[]),
    **fields,
  )


def _losses(name, logits):
  """Returns the loss of each example, by hand."""
  z, y = logits.astype(np.float64), LABELS[name]
  if name == "multi":
    z = z - z.max(1, keepdims=True)
    return np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), y]
  if name == "number":
    return (z[:, 0] - y) ** 2
  y = y if y.ndim == 2 else y[:, np.newaxis]
  return (np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))).mean(1)


HEADS = {
  "binary": heads.Binary,
  "multi": lambda **kw: heads.MultiClass(3, **kw),
  "several": lambda **kw: heads.MultiLabel(3, **kw),
  "number": heads.Regression,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(HEADS))
def test_the_loss_of_each_head_is_that_by_hand_in_any_batches(
  identity, data, tmp_path, name
):
  head = HEADS[name](weight_column="w")
  experiment = _experiment(identity, data, name, head)
  result = runs.train(experiment, tmp_path)
  logits = runs.predict(tmp_path, {"x": X}, experiment=experiment)
  scores = logits["predictions" if name == "number" else "logits"]
  wanted = np.average(_losses(name, scores), weights=WEIGHTS)
  assert result.metrics["loss"] == pytest.approx(wanted, rel=1e-4)
  other = dataclasses.replace(experiment, eval_batch_size=5)
  metrics = runs.evaluate(tmp_path, experiment=other)
  assert metrics["loss"] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.slow
def test_a_threshold_moves_classes_precision_and_recall(
  identity, data, tmp_path
):
  head = heads.Binary(threshold=0.3)
  experiment = _experiment(identity, data, "binary", head, max_steps=4)
  experiment = dataclasses.replace(experiment, eval_every_steps=4)
  metrics = runs.train(experiment, tmp_path).metrics
  found = runs.predict(tmp_path, {"x": X}, experiment=experiment)
  said = (found["logistic"][:, 0] > 0.3).astype(int)
  assert found["class_ids"].ravel().tolist() == said.tolist()
  right = LABELS["binary"] == 1
  hits = (said == 1) & right
  assert metrics["precision"] == pytest.approx(hits.sum() / said.sum())
  assert metrics["recall"] == pytest.approx(hits.sum() / right.sum())
  assert metrics["accuracy"] == pytest.approx((said == right).mean())


@pytest.mark.parametrize(
  "max_steps", [1, pytest.param(5, marks=pytest.mark.slow)]
)
def test_what_is_left_of_accumulated_batches_is_applied(
  identity, data, tmp_path, max_steps
):
  whole = _experiment(
    identity,
    data,
    "number",
    heads.Regression(),
    optimizer=optimizers.sgd(0.1),
    batch_size=53,
    max_steps=max_steps,
    eval_every_steps=max_steps,
    fine_tuning=optimizers.FineTuning(accumulate_batches=4),
  )
  runs.train(whole, tmp_path)
  kernel = _kernel(tmp_path)
  assert np.abs(kernel).max() > 0
  steps = -(-max_steps // 4)
  plain = dataclasses.replace(
    whole,
    fine_tuning=optimizers.FineTuning(),
    max_steps=steps,
    eval_every_steps=steps,
  )
  runs.train(plain, tmp_path / "plain")
  np.testing.assert_allclose(kernel, _kernel(tmp_path / "plain"), rtol=1e-4)


def _kernel(model_dir) -> np.ndarray:
  reader = tf.train.load_checkpoint(str(model_dir))
  names = [
    name
    for name in reader.get_variable_to_shape_map()
    if name.endswith("logits/kernel")
  ]
  return reader.get_tensor(min(names, key=len))  # Others hold gradients.


@pytest.mark.slow
def test_not_a_number_is_of_no_class(identity, data, tmp_path):
  experiment = _experiment(identity, data, "multi", HEADS["multi"]())
  runs.train(experiment, tmp_path / "run")
  rows = X[:3].copy()
  rows[1, 0] = np.nan
  with pytest.raises(UserError, match="Row 2 of the rows"):
    runs.predict(tmp_path / "run", {"x": rows}, experiment=experiment)
  np.savez(tmp_path / "n.npz", x=rows, multi=[0, 1, 2])
  other = dataclasses.replace(
    experiment,
    eval_input=inputs.Npz(
      str(tmp_path / "n.npz"), features=["x"], label="multi"
    ),
  )
  with pytest.raises(UserError, match="example 1"):
    runs.evaluate(tmp_path / "run", experiment=other)
  with pytest.raises((RunFailed, UserError)):
    runs.train(
      dataclasses.replace(other, train_input=other.eval_input),
      tmp_path / "again",
    )


@pytest.mark.parametrize(
  ("binding", "unread"),
  [
    (
      "LEARNING_RATE = 0.1\noptimizers.sgd.learning_rate = %LEARNING_RATE",
      "sgd",
    ),
    ("fine_tunning.average_decay = 0.9", "fine_tunning"),
    ("eval/run.batch_size = 5", "eval/run.batch_size"),
    ("RATE = 0.1", "RATE"),
  ],
)
def test_a_binding_that_nothing_reads_is_named(tmp_path, binding, unread):
  path = tmp_path / "run.gin"
  path.write_text(
    'include "base.gin"\nHANDLE = "m"\nHEAD = @heads.binary()\n'
    "run.train_input = @inputs.npz()\nrun.eval_input = @inputs.npz()\n"
    'inputs.npz.path = "d.npz"\n' + binding + "\n"
  )
  with pytest.raises(UserError, match=unread) as told:
    config.parse([str(path)])
    config.require_read("run")
  assert "\n" not in str(told.value)
