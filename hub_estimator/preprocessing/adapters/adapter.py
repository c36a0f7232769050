"""The choices that fit features to a module and its output to a head."""

import dataclasses
from collections.abc import Mapping, Sequence

import gin

from hub_estimator.errors import UserError, nearest
from hub_estimator.preprocessing.interface import Augmentation, Tokenizer

_POOLINGS = (
  "mean",
  "max",
  "flatten",
  "mean_with_padding",
  "max_with_padding",
)
_MODES = ("train", "eval", "infer")  # As in tf.estimator.ModeKeys.


@gin.register("adapter", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Adapter:
  """Fits features to a module and the module's output to a head.

  Attributes:
    inputs: feature by module input, if the names differ. Any other input reads
      the feature of its own name; if the data has one feature and the module
      one input, they match under any names.
    constants: numbers for inputs that are hyperparameters, such as
      {"batch_norm_momentum": 0.99}, or by mode: {"dropout_rate": {"train": 0.1,
      "eval": 0.0, "infer": 0.0}}.
    image_range: smallest and largest pixel value that the module expects. The
      common image signature uses [0, 1]; the documentation of other modules
      states theirs.
    tokenizer: turns strings into token ids for modules that read these: one of
      `tokenizers`. None means `tokenizers.auto` if the module takes token ids and the
      data has strings instead, and no tokenizer for all other modules.
    augment: random changes of training images, each one of `augmentations`.
    pooling: how an output with more than two dimensions becomes [batch, width]:
      "mean" or "max" over all dimensions but the first and the last, or
      "flatten". In a sequence [batch, length, width], padding is left out: an
      example without tokens becomes zeros. "mean_with_padding" and
      "max_with_padding" pool over all positions.
    pixel_range: values of black and white in arrays of pixels, such as (0, 65535).
      None goes by their dtype: integers are 0 to 255, floats 0 to 1, and other
      values are refused. A stated range is never checked; (0, 1) leaves pixels as
      they are. Encoded images need none.
    mask: the module's input that tells tokens from padding: their number for
      each example, or a value for each position, 0 or "" for padding. None
      finds `input_mask`, `sequence_len` or `input_word_ids` and their like, or
      the only input of strings [batch, length]; without one, a sequence isn't
      pooled by "mean" or "max".
  """

  inputs: Mapping[str, str] | None = None
  constants: Mapping[str, float | Mapping[str, float]] | None = None
  image_range: tuple[float, float] = (0.0, 1.0)
  tokenizer: Tokenizer | None = None
  augment: Sequence[Augmentation] = ()
  pooling: str = "mean"
  pixel_range: tuple[float, float] | None = None
  # Not in the repr, which keys of kept features hold: those of old ones stay.
  mask: str | None = dataclasses.field(default=None, repr=False)

  def __post_init__(self) -> None:
    if self.pooling not in _POOLINGS:
      raise UserError(
        f"adapter.pooling {self.pooling!r}: {nearest(self.pooling, _POOLINGS)}"
      )
    if self.tokenizer is not None and not _is_part(self.tokenizer):
      raise UserError(
        f"adapter.tokenizer is {self.tokenizer!r}; it must be one of "
        "@tokenizers, called: @tokenizers.<name>()."
      )
    if self.pixel_range is not None and not _is_range(self.pixel_range):
      raise UserError(
        f"adapter.pixel_range is {self.pixel_range!r}; it is two numbers that "
        "differ, the values of black and white."
      )
    for name in ("inputs", "constants"):
      value = getattr(self, name)
      if not isinstance(value, Mapping | None):
        raise UserError(
          f"adapter.{name} is {value!r}; it must map names of the module's "
          "inputs to values, or be None."
        )
    for augmentation in self.augment:
      if not _is_part(augmentation):
        raise UserError(
          f"adapter.augment has {augmentation!r}; it must be a list of "
          "augmentations, called: [@augmentations.<name>()]."
        )
    for name, value in (self.constants or {}).items():
      if isinstance(value, Mapping) and set(value) != set(_MODES):
        raise UserError(
          f"adapter.constants has {sorted(value)} for {name!r}; it must be one "
          f"value, or one for each of {', '.join(_MODES)}."
        )


def _is_part(value: object) -> bool:
  """Returns whether a value is a part that was called, not its class."""
  return not isinstance(value, type) and hasattr(value, "build")


def _is_range(value: object) -> bool:
  return (
    isinstance(value, Sequence)
    and len(value) == 2
    and all(isinstance(v, int | float) for v in value)
    and value[0] != value[1]
  )
