"""Runs that several benchmarks time: data, module, head and optimizer."""

import time
from typing import Any

from hub_estimator.examples import efficientnet, fashion

from hub_estimator import exporting, heads, modules, optimizers, runs
from hub_estimator.experiments import Experiment
from hub_estimator.model import encoders

# Images of Fashion-MNIST to train on.
TRAIN = 2000


def make_experiment(
  handle: Any, *, steps: int, trainable: bool = True, **fields: Any
) -> Experiment:
  """Returns a run with one evaluation, at its end, and without verification.

  Args:
    handle: of the module.
    steps: of training.
    trainable: whether the module is.
    **fields: of the Experiment: at least head, optimizer, and both inputs.
  """
  return Experiment(
    **{
      "encoder": encoders.Encoder(
        modules.ModuleSource(handle, trainable=trainable)
      ),
      "exports": exporting.Exports(["final"], verify=False),
      "max_steps": steps,
      "eval_every_steps": steps,
      **fields,
    }
  )


def make_fashion_experiment(
  *,
  steps: int,
  batch_size: int,
  n_eval: int,
  learning_rate: float,
  **fields: Any,
) -> Experiment:
  """Returns a run of EfficientNet-Lite0 at 96 pixels on Fashion-MNIST.

  Args:
    steps: of training.
    batch_size: examples a step.
    n_eval: images to evaluate on.
    learning_rate: of Adam.
    **fields: of `make_experiment`.
  """
  return make_experiment(
    efficientnet.efficientnet_lite0(),
    steps=steps,
    batch_size=batch_size,
    head=heads.MultiClass(10),
    optimizer=optimizers.Adam(learning_rate),
    train_input=fashion.FashionMnist("train", TRAIN),
    eval_input=fashion.FashionMnist("eval", n_eval),
    **fields,
  )


def time_run(experiment: Experiment, model_dir: str) -> dict[str, float]:
  """Trains, evaluates and exports; returns the seconds ("s") and the accuracy."""
  started = time.monotonic()
  result = runs.train(experiment, model_dir)
  seconds = time.monotonic() - started
  assert result is not None  # Only members of a cluster return none.
  return {"s": seconds, "accuracy": result.metrics["accuracy"]}
