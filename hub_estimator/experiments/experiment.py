"""The definition of a run, as plain frozen values."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import gin

from hub_estimator import exporting, inputs, optimizers
from hub_estimator.errors import UserError, check_count, check_regex
from hub_estimator.experiments.early_stopping import EarlyStopping
from hub_estimator.model import tops


@gin.register("run", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Experiment:
  """All that a run is made of.

  Attributes:
    encoder: which modules, and how features go through them: `encoder` for one,
      one of `encoders` for more.
    head: one of `heads`, or yours.
    optimizer: one of `optimizers`.
    train_input: one of `inputs`, or yours.
    eval_input: likewise; evaluation reads all of it, every time.
    top: one of `tops`: what computes the logits.
    fine_tuning: how the modules move beside the head.
    exports: what is exported.
    max_steps: optimizer steps in all, interruptions included.
    batch_size: examples a step.
    rate_for_batch_size: None, or the batch size that the learning rate is meant
      for; it is scaled by `batch_size` over it (the linear rule,
      arXiv:1706.02677).
    eval_batch_size: examples at a time in evaluation; changes no metric.
    eval_every_steps: steps between two evaluations; a checkpoint precedes each.
    towers: GPUs of this machine that share each batch of training: the module is
      applied once on each, to its part, and the head to all of them, so that a
      step is that of one GPU. Only batch norm differs: each tower uses the
      statistics of its part, and the first one's are kept.
    mixed_precision: whether steps of training compute in bfloat16 what bears it,
      above all matrix products; variables, evaluation and exports stay float32.
      Only on CPUs with bfloat16 matrix units (amx_bf16), where BERT-like modules
      train more than twice as fast, and EfficientNet at half the speed.
    xla: whether XLA compiles steps of training, on a GPU.
    keep_checkpoints: how many stay.
    summary_every_steps: steps between two points of TensorBoard's curves.
    metrics: of evaluation, beside the head's own; each one of `metrics`.
    early_stopping: None trains all of max_steps.
    seed: fixes initial values, order of examples and dropout.
    start_from: a model_dir, checkpoint or exported full model whose weights a
      new run starts with, where name and shape agree. Named as this run's own
      model_dir, it allows to go on after the module or head was changed.
    start_from_variables: a regex; only variables in whose name it is found are
      taken. Empty takes all.
    cache_features: whether outputs of frozen modules are computed once and kept on
      disk, for this run and others, where that changes no number.
  """

  encoder: Any
  head: Any
  optimizer: Any
  train_input: inputs.Input
  eval_input: inputs.Input
  top: Any = tops.Linear()
  fine_tuning: optimizers.FineTuning = optimizers.FineTuning()
  exports: exporting.Exports = exporting.Exports()
  max_steps: int = 1000
  batch_size: int = 64
  rate_for_batch_size: int | None = None
  eval_batch_size: int = 256
  eval_every_steps: int = 500
  towers: int = 1
  mixed_precision: bool = False
  xla: bool = False
  keep_checkpoints: int = 5
  summary_every_steps: int = 100
  metrics: Sequence[Any] = ()
  early_stopping: EarlyStopping | None = None
  seed: int = 1
  start_from: str | None = None
  start_from_variables: str = ""
  cache_features: bool = True

  def __post_init__(self):
    for name in (
      "max_steps",
      "batch_size",
      "eval_batch_size",
      "eval_every_steps",
      "towers",
      "keep_checkpoints",
      "summary_every_steps",
    ):
      check_count(getattr(self, name), f"run.{name}")
    if self.rate_for_batch_size is not None:
      check_count(self.rate_for_batch_size, "run.rate_for_batch_size")
    for name in ("mixed_precision", "xla", "cache_features"):
      if not isinstance(getattr(self, name), bool):
        raise UserError(
          f"run.{name} is {getattr(self, name)!r}; it is True or False."
        )
    check_regex(self.start_from_variables, "run.start_from_variables")
    if self.batch_size % self.towers:
      raise UserError(
        f"run.towers is {self.towers}, which doesn't divide run.batch_size, "
        f"{self.batch_size}."
      )
    check_count(self.seed, "run.seed", least=0)
    for name, kind, methods in (
      (
        "encoder",
        "@encoder() or one of @encoders",
        ("applications", "combine"),
      ),
      ("head", "one of @heads", ("build", "check_labels")),
      ("optimizer", "one of @optimizers", ("build", "learning_rate")),
      ("train_input", "one of @inputs", ("read",)),
      ("eval_input", "one of @inputs", ("read",)),
      ("top", "one of @tops", ("build",)),
    ):
      value = getattr(self, name)
      if isinstance(value, type) or not all(hasattr(value, m) for m in methods):
        raise UserError(
          f"run.{name} is {value!r}; it is {kind}, called: {kind.split()[-1]}"
          + ("." if kind.endswith("()") else ".<name>().")
        )
    if not isinstance(self.early_stopping, EarlyStopping | None):
      raise UserError(
        f"run.early_stopping is {self.early_stopping!r}; it is @early_stopping() "
        "or None."
      )
    if isinstance(self.metrics, str) or not isinstance(self.metrics, Sequence):
      raise UserError(
        f"run.metrics is {self.metrics!r}; it is a list of metrics."
      )
    for metric in self.metrics:
      if isinstance(metric, type) or not hasattr(metric, "build"):
        raise UserError(
          f"run.metrics has {metric!r}; it is a list of metrics, called: "
          "[@metrics.<name>()]."
        )
