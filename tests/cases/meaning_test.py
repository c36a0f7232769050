"""Evaluation and training mean what they say, on the shared cases and on more."""

import pathlib

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
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model import encoders
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import hub, tf

ROOT = pathlib.Path(__file__).parent.parent.parent
CASE = ROOT.parent / "shared" / "cases" / "loss" / "d.npz"
# What the last batch of the case held: 1, 1, 257 and 129 examples, and so on.
SIZES = (256, 64, 257, 128, 1000, 7)


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
  """A module that passes two numbers on."""

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 2])
    scale = tf.get_variable("scale", [], initializer=tf.ones_initializer())
    hub.add_signature(inputs={"x": x}, outputs={"default": x * scale})

  path = tmp_path_factory.mktemp("m") / "identity"
  return testing.export_module(str(path), module_fn)


def _experiment(module, path, weight, *, trainable, **changes):
  names = ["x"] + ([weight] if weight else [])
  source = inputs.Npz(str(path), features=names)
  fields = {
    "head": heads.Binary(weight_column=weight),
    "eval_batch_size": 256,
    **changes,
  }
  return Experiment(
    encoder=encoders.Encoder(
      modules.ModuleSource(module, trainable=trainable),
      adapters.Adapter(inputs={"x": "x"}),
    ),
    optimizer=optimizers.Adam(0.1),
    train_input=source,
    eval_input=source,
    exports=exporting.Exports(kinds=[]),
    max_steps=20,
    batch_size=64,
    eval_every_steps=20,
    **fields,
  )


def _by_hand(logits, labels, weights=None):
  z = logits[:, 0].astype(np.float64)
  losses = np.maximum(z, 0) - labels * z + np.log1p(np.exp(-np.abs(z)))
  return np.average(losses, weights=weights)


def _assert_loss_by_hand(module, path, model_dir, weight, *, trainable):
  data = np.load(path)
  experiment = _experiment(module, path, weight, trainable=trainable)
  result = runs.train(experiment, model_dir)
  found = runs.predict(model_dir, {"x": data["x"]}, experiment=experiment)
  expected = _by_hand(
    found["logits"], data["label"], data[weight] if weight else None
  )
  assert result.metrics["loss"] == pytest.approx(expected, rel=1e-5)
  assert result.best["loss"]["value"] == pytest.approx(expected, rel=1e-5)
  return experiment, expected


@pytest.mark.parametrize(
  "weight, trainable",
  [
    ("w", False),
    pytest.param("w", True, marks=pytest.mark.slow),
    pytest.param(None, False, marks=pytest.mark.slow),
    pytest.param(None, True, marks=pytest.mark.slow),
  ],
)
def test_the_loss_of_the_case_is_that_by_hand(
  identity, tmp_path, weight, trainable
):
  if not CASE.exists():
    pytest.skip(f"there is no {CASE}")
  _assert_loss_by_hand(identity, CASE, tmp_path, weight, trainable=trainable)


@pytest.mark.slow
def test_the_loss_of_the_case_is_the_same_in_any_batch_size(identity, tmp_path):
  if not CASE.exists():
    pytest.skip(f"there is no {CASE}")
  experiment, expected = _assert_loss_by_hand(
    identity, CASE, tmp_path, None, trainable=False
  )
  for size in SIZES:
    again = _experiment(
      identity, CASE, None, trainable=False, eval_batch_size=size
    )
    metrics = runs.evaluate(tmp_path, experiment=again)
    assert metrics["loss"] == pytest.approx(expected, rel=1e-5)
  assert experiment.eval_batch_size == 256


RUN = """
include "base.gin"
HANDLE = "m"
HEAD = @heads.multi_class()
multi_class.n_classes = 3
run.train_input = @train/inputs.csv()
run.eval_input = @eval/inputs.csv()
inputs.csv.label = "label"
train/inputs.csv.path = "train.csv"
eval/inputs.csv.path = "eval.csv"
"""


@pytest.mark.parametrize(
  "binding, hint",
  [
    ("optimizers.sgd.learning_rate = 1.0", "optimizers.adam.learning_rate"),
    ("early_stopping.patience_steps = 100", ""),
    ("trian/inputs.csv.path = 'x'", "train/inputs.csv.path"),
    ("evall/inputs.csv.path = 'x'", "eval/inputs.csv.path"),
    ("train/adapter.inputs = {}", "adapter.inputs"),
    ("heads.binary.threshold = 0.3", ""),
    ("metrics.top_k.k = 2", ""),
    ("schedules.cosine.rate = 0.1", ""),
    ("inputs.jsonl.label = 'label'", "inputs.csv.label"),
    ("BATCHSIZE = 3", "BATCH_SIZE"),
    ("encoders.concat.encoders = [@encoder()]", ""),
  ],
)
def test_an_unread_binding_is_one_clear_line(tmp_path, binding, hint):
  path = tmp_path / "run.gin"
  path.write_text(f"{RUN}{binding}\n")
  config.parse([str(path)])
  with pytest.raises(UserError, match="Nothing reads this binding") as error:
    config.require_read("run", "sweep")
  assert f"{path}, line 11" in str(error.value)
  assert hint in str(error.value)
  assert "\n" not in str(error.value)
  path.write_text(RUN)
  config.parse([str(path)])
  config.require_read("run", "sweep")
