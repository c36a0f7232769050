"""What a run exports, and everything that its exports need."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gin

from hub_estimator.errors import UserError, check_count, nearest
from hub_estimator.model_dir import results
from hub_estimator.tensorflow_runtime import estimator as tf_estimator

KINDS = ("latest", "best", "final")
FORMATS = ("tf1_hub", "tf2")


@gin.register("exports", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Exports:
  """What a run exports.

  Attributes:
    kinds: any of "latest", exported after every evaluation; "best", after an
      evaluation that beats all previous ones; "final", once, at the end. An
      empty list exports nothing.
    formats: what each module is exported as. "tf1_hub" always is; "tf2" adds
      a SavedModel for TensorFlow 2 and Keras, `<export_name>.tf2` beside it.
    keep: number of versions that each kind keeps; older ones are removed, the
      full model together with its modules.
    best_metric: the evaluation metric that decides which version is "best".
    best_is_smaller: whether a smaller value is better; None means yes for
      losses and errors, no for all other metrics.
    verify: whether each version is reloaded and compared with the checkpoint
      before it appears.
    pass_through: columns of the data, such as an id, that the full model takes
      beside its features and returns as they are, one value an example.
  """

  kinds: Sequence[str] = ("latest",)
  formats: Sequence[str] = ("tf1_hub",)
  keep: int = 5
  best_metric: str = "loss"
  best_is_smaller: bool | None = None
  verify: bool = True
  pass_through: Sequence[str] = ()

  def __post_init__(self) -> None:
    if isinstance(self.kinds, str):
      raise UserError(f"exports.kinds must be a list: write [{self.kinds!r}].")
    for kind in self.kinds:
      if kind not in KINDS:
        raise UserError(f"exports.kinds has {kind!r}: {nearest(kind, KINDS)}")
    if isinstance(self.formats, str):
      raise UserError(
        f"exports.formats must be a list: write [{self.formats!r}]."
      )
    for name in self.formats:
      if name not in FORMATS:
        raise UserError(
          f"exports.formats has {name!r}: {nearest(name, FORMATS)}"
        )
    if "tf1_hub" not in self.formats:
      raise UserError(
        f"exports.formats is {list(self.formats)}; it must include 'tf1_hub'."
      )
    check_count(self.keep, "exports.keep")
    if isinstance(self.pass_through, str):
      raise UserError(
        f"exports.pass_through must be a list: write [{self.pass_through!r}]."
      )

  def smaller_is_better(self) -> bool:
    """Returns whether a smaller value of `best_metric` is better."""
    if self.best_is_smaller is not None:
      return self.best_is_smaller
    return results.is_better_smaller(self.best_metric)


@dataclasses.dataclass(frozen=True)
class ExportContext:
  """What every export of a run needs.

  Attributes:
    exports: the user's choices.
    serving_input_fn: returns a `ServingInputReceiver` whose alternative
      "examples" takes serialized tf.Examples.
    manifest: facts about the run that go into each version's manifest.
    examples: serialized tf.Examples of one real batch, for verification; if
      empty, nothing is verified.
    schema: of the run's data, as JSON has it; None for runs of older versions.
  """

  exports: Exports
  serving_input_fn: Callable[[], tf_estimator.export.ServingInputReceiver]
  manifest: Mapping[str, Any]
  examples: Sequence[bytes]
  schema: Mapping[str, Any] | None = None

  @property
  def verifies(self) -> bool:
    """Whether versions are verified: only if there are examples to do it with."""
    return self.exports.verify and bool(self.examples)
