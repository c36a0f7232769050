"""The definition of a run, as plain frozen values."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import gin

from hub_estimator import exporting, heads, inputs, modules, optimizers
from hub_estimator.errors import UserError, check_count, check_regex
from hub_estimator.experiments import part_checks, protocols
from hub_estimator.experiments.early_stopping import EarlyStopping
from hub_estimator.model import Application, encoders, models, tops
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import estimator

_COUNTS = (
  "max_steps",
  "batch_size",
  "eval_batch_size",
  "eval_every_steps",
  "towers",
  "keep_checkpoints",
  "summary_every_steps",
)


@gin.register("run", module="hub_estimator")
@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment:
  """Defines a run: its model, data, exports and schedule.

  Attributes:
    model: what builds the graph: one of `models`, or your own. `models.transfer` puts
      together encoder, top and head. A run may set no part that its model doesn't read.
    encoder: which modules are applied to which features: `encoder` for one module, one
      of `encoders` for several.
    head: one of `heads`, or your own.
    optimizer: one of `optimizers`, or your own.
    train_input: one of `inputs`, or your own.
    eval_input: likewise; each evaluation reads all of it.
    top: one of `tops`: the layers between a module's output and its head, which compute
      the logits.
    fine_tuning: how the modules are trained beside the head.
    exports: what to export, and when.
    max_steps: optimizer steps in all, including those before an interruption.
    batch_size: examples in a step.
    rate_for_batch_size: None, or the batch size that the learning rate is meant for;
      the rate is scaled by `batch_size` over it (the linear scaling rule,
      arXiv:1706.02677).
    eval_batch_size: examples in a batch of evaluation; changes no metric.
    eval_every_steps: steps between two evaluations; a checkpoint precedes each.
    towers: GPUs of this machine that share each batch of training. Each applies the
      module to its part, and the head sees the whole batch, so that a step equals that
      of one GPU. Only batch norm differs: each tower uses the statistics of its part,
      and those of the first are kept.
    mixed_precision: whether steps of training compute in bfloat16 where that is
      numerically safe, above all matrix products; variables, evaluation and exports
      stay in float32. Needs a CPU with bfloat16 matrix units (amx_bf16), where
      BERT-like modules train more than twice as fast, and EfficientNet half as fast.
    xla: whether XLA compiles steps of training, on a GPU.
    keep_checkpoints: how many checkpoints to keep.
    summary_every_steps: steps between two points of TensorBoard's curves.
    metrics: of evaluation, beside the head's own; each one of `metrics`, or your own.
    exporters: called after each evaluation, beside those of `exports`; each one of
      `exporters`, or a `tf.estimator.Exporter`.
    hooks: `tf.estimator.SessionRunHook`s of training.
    eval_hooks: `tf.estimator.SessionRunHook`s of each evaluation.
    early_stopping: None trains all of `max_steps`.
    seed: fixes initial values, the order of examples, and dropout.
    start_from: a model_dir, checkpoint or exported full model. A new run starts with
      those of its weights whose name and shape agree. If it names this run's own
      model_dir, training may continue with another module or head.
    start_from_variables: a regular expression; only variables whose name it matches are
      taken. Empty takes all.
    cache_features: whether outputs of frozen modules are computed once and kept on
      disk, for this run and others, where that changes no number.
  """

  model: protocols.Model = models.Transfer()
  encoder: protocols.Encoder = encoders.NoModule()
  head: protocols.Head = heads.AnyLabels()
  optimizer: protocols.Optimizer = optimizers.Adam()
  train_input: inputs.Input
  eval_input: inputs.Input
  top: protocols.Top = tops.Linear()
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
  metrics: Sequence[protocols.Metric] = ()
  exporters: Sequence[exporting.ExporterPart | estimator.Exporter] = ()
  hooks: Sequence[estimator.SessionRunHook] = ()
  eval_hooks: Sequence[estimator.SessionRunHook] = ()
  early_stopping: EarlyStopping | None = None
  seed: int = 1
  start_from: str | None = None
  start_from_variables: str = ""
  cache_features: bool = True

  def __post_init__(self) -> None:
    for name in _COUNTS:
      check_count(getattr(self, name), f"run.{name}")
    if self.rate_for_batch_size is not None:
      check_count(self.rate_for_batch_size, "run.rate_for_batch_size")
    for name in ("mixed_precision", "xla", "cache_features"):
      part_checks.check_bool(getattr(self, name), f"run.{name}")
    check_regex(self.start_from_variables, "run.start_from_variables")
    if self.batch_size % self.towers:
      raise UserError(
        f"run.towers is {self.towers}, which doesn't divide run.batch_size, "
        f"{self.batch_size}."
      )
    check_count(self.seed, "run.seed", least=0)
    part_checks.check_parts(self)
    if not isinstance(self.early_stopping, EarlyStopping | None):
      raise UserError(
        f"run.early_stopping is {self.early_stopping!r}; it must be "
        "@early_stopping() or None."
      )
    part_checks.check_metrics(self.metrics)
    part_checks.check_read(self)
    part_checks.check_exporters(self.exporters)
    part_checks.check_hooks(self.hooks, "run.hooks")
    part_checks.check_hooks(self.eval_hooks, "run.eval_hooks")

  def applications(self) -> Sequence[Application]:
    """Returns the uses of modules that are known before the graph is built."""
    return self.model.applications(self)

  @classmethod
  def for_module(
    cls,
    handle: str | modules.NewModule,
    *,
    head: protocols.Head,
    train_input: inputs.Input,
    eval_input: inputs.Input,
    signature: str = "default",
    trainable: bool = True,
    adapter: Adapter | None = None,
    optimizer: protocols.Optimizer | None = None,
    **fields: Any,
  ) -> "Experiment":
    """Returns a run of one module, with the defaults of configs/base.gin.

    Args:
      handle: a directory, archive, URL, bucket, short name or model_dir.
      head: one of `heads`, or your own.
      train_input: one of `inputs`, or your own.
      eval_input: likewise.
      signature: of the module.
      trainable: whether fine-tuning changes the module's variables.
      adapter: fits features to the module's inputs; None feeds them by their names.
      optimizer: None means Adam with its defaults.
      **fields: further fields of `Experiment`, such as `max_steps`.

    Raises:
      UserError: a value is of the wrong kind.
    """
    source = modules.ModuleSource(
      handle, signature=signature, trainable=trainable
    )
    return cls(
      encoder=encoders.Encoder(source, adapter or Adapter()),
      head=head,
      optimizer=optimizers.Adam() if optimizer is None else optimizer,
      train_input=train_input,
      eval_input=eval_input,
      **fields,
    )
