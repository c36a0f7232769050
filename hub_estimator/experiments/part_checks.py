"""Checks that a run's parts are what they must be, by their gin names."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from hub_estimator import exporting
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import estimator

# (field, how gin names the part, the methods that it must have)
_PARTS = (
  (
    "model",
    "one of @models",
    ("applications", "features_read", "identity", "make_model_fn", "reads"),
  ),
  ("encoder", "@encoder() or one of @encoders", ("applications", "combine")),
  ("head", "one of @heads", ("build", "check_labels")),
  ("optimizer", "one of @optimizers", ("build", "learning_rate")),
  ("train_input", "one of @inputs", ("read",)),
  ("eval_input", "one of @inputs", ("read",)),
  ("top", "one of @tops", ("build",)),
)


def check_parts(run: Any) -> None:
  """Raises a UserError if a part lacks a method, or was passed uncalled.

  Args:
    run: an `Experiment`.
  """
  for name, kind, methods in _PARTS:
    value = getattr(run, name)
    if isinstance(value, type) or not all(hasattr(value, m) for m in methods):
      raise UserError(
        f"run.{name} is {value!r}; it must be {kind}, called: {kind.split()[-1]}"
        + ("." if kind.endswith("()") else ".<name>().")
      )


# The parts that are there for a model, and how gin names those that have no default.
_OF_MODELS = {
  "encoder": "@encoder() or one of @encoders",
  "head": "one of @heads, called: @heads.<name>()",
  "top": "",
  "optimizer": "",
  "fine_tuning": "",
  "metrics": "",
  "rate_for_batch_size": "",
  "towers": "",
  "cache_features": "",
}


def check_read(run: Any) -> None:
  """Raises a UserError if the model lacks a part, or doesn't read one that is set.

  Args:
    run: an `Experiment`.
  """
  fields = {field.name: field for field in dataclasses.fields(run)}
  model = f"run.model, {type(run.model).__name__},"
  for name, kind in _OF_MODELS.items():
    value, default = getattr(run, name), fields[name].default
    is_set = value != default and not (name == "metrics" and not value)
    if is_set and name not in run.model.reads:
      raise UserError(
        f"run.{name} is {getattr(run, name)!r}, and {model} doesn't read it; it "
        f"reads: {', '.join(sorted(run.model.reads)) or 'no part of the run'}."
      )
    if kind and not is_set and name in run.model.reads:
      raise UserError(f"run.{name} is missing; {model} reads {kind}.")


def check_metrics(metrics: Any) -> None:
  """Raises a UserError unless `metrics` is a list of metrics.

  Args:
    metrics: of an `Experiment`.
  """
  _check_list(metrics, "run.metrics", "metrics")
  for metric in metrics:
    if isinstance(metric, type) or not hasattr(metric, "build"):
      raise UserError(
        f"run.metrics has {metric!r}; it must be a list of metrics, called: "
        "[@metrics.<name>()]."
      )


def check_exporters(exporters: Any) -> None:
  """Raises a UserError unless `exporters` is a list of exporters with names of their own.

  Args:
    exporters: of an `Experiment`.
  """
  _check_list(exporters, "run.exporters", "exporters")
  taken = {kind: f"{kind!r} of exports.kinds" for kind in exporting.KINDS}
  for exporter in exporters:
    if isinstance(exporter, type) or not (
      isinstance(exporter, estimator.Exporter) or hasattr(exporter, "build")
    ):
      raise UserError(
        f"run.exporters has {exporter!r}; it must be a list of exporters, called: "
        "[@exporters.<name>()]."
      )
    if exporter.name in taken:
      raise UserError(
        f"run.exporters has the name {exporter.name!r}, which is that of "
        f"{taken[exporter.name]}: both would write to export/{exporter.name}."
      )
    taken[exporter.name] = repr(exporter)


def check_hooks(hooks: Any, name: str) -> None:
  """Raises a UserError unless `hooks` is a list of hooks.

  Args:
    hooks: of an `Experiment`.
    name: gin's name of the field.
  """
  _check_list(hooks, name, "hooks")
  for hook in hooks:
    if not isinstance(hook, estimator.SessionRunHook):
      raise UserError(
        f"{name} has {hook!r}; it must be a list of tf.estimator.SessionRunHooks, "
        "called: [@<name>()]."
      )


def _check_list(value: Any, name: str, what: str) -> None:
  if isinstance(value, str) or not isinstance(value, Sequence):
    raise UserError(f"{name} is {value!r}; it must be a list of {what}.")


def check_bool(value: Any, name: str) -> None:
  """Raises a UserError unless `value` is True or False.

  Args:
    value: of a field.
    name: gin's name of the field.
  """
  if not isinstance(value, bool):
    raise UserError(f"{name} is {value!r}; it must be True or False.")
