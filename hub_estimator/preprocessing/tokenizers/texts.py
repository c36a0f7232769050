"""What tokenizers have in common: the features they read, and how tokens join."""

from collections.abc import Mapping
from types import ModuleType

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import FeatureSpec
from hub_estimator.tensorflow_runtime import tf


def check_length(part: str, max_length: object, *, pairs: bool) -> None:
  """Checks the most tokens that an example may have.

  Args:
    part: the tokenizer's name, for messages.
    max_length: the value.
    pairs: whether examples have two segments.

  Raises:
    UserError: it leaves no room for a token of each segment.
  """
  least = 3 if pairs else 2
  if not isinstance(max_length, int) or max_length <= least:
    raise UserError(
      f"tokenizers.{part}.max_length is {max_length!r}; it must be "
      f"an integer above {least}, the number of tokens in brackets."
    )


def find_strings(
  part: str,
  features: Mapping[str, object],
  first: str | None,
  second: str | None,
) -> list[str]:
  """Returns the names of the features that are tokenized.

  Args:
    part: the tokenizer's name, for messages.
    features: by name; only the names matter.
    first: `feature`; None means the only other one.
    second: `second_feature`; None for single sentences.

  Raises:
    UserError: a feature doesn't exist, or `first` is None and several could be
      meant.
  """
  if first is None:
    others = [name for name in features if name != second]
    if len(others) != 1:
      raise UserError(
        f"tokenizers.{part}.feature: name one of the features "
        f"{', '.join(sorted(features))}."
      )
    (first,) = others
  names = [first] if second is None else [first, second]
  for name in names:
    if name not in features:
      raise UserError(
        f"tokenizers.{part} names the feature {name!r}; "
        + nearest(name, features)
      )
  return names


def only_text(features: Mapping[str, object]) -> dict[str, object]:
  """Returns the features that are strings.

  Args:
    features: by name: arrays, tensors or types, which have a dtype.
  """
  return {
    name: feature
    for name, feature in features.items()
    for dtype in [getattr(feature, "dtype", "")]
    if getattr(dtype, "name", dtype) in ("string", "object")
  }


def check_strings(
  part: str, names: list[str], features: Mapping[str, FeatureSpec]
) -> None:
  """Raises a UserError if a feature isn't a string."""
  for name in names:
    if features[name].dtype != "string":
      raise UserError(
        f"tokenizers.{part} reads strings; {name!r} is {features[name]}."
      )


def join(
  text: ModuleType,
  segments: list[tf.RaggedTensor],
  *,
  first: int,
  end: int,
  padding: int,
  max_length: int,
) -> dict[str, tf.Tensor]:
  """Adds the ops that bracket, cut and pad the segments of examples.

  Args:
    text: the package tensorflow-text.
    segments: int64 [batch, tokens], one or two.
    first: the id that starts an example, [CLS].
    end: the id that ends a segment, [SEP].
    padding: the id that fills up short examples.
    max_length: tokens of an example, those three included.

  Returns:
    int64 [batch, max_length] by "ids", "mask" and "segments".
  """
  room = max_length - 1 - len(segments)
  segments = text.RoundRobinTrimmer(room).trim(segments)
  ids, numbers = text.combine_segments(segments, first, end)
  padded, mask = text.pad_model_inputs(ids, max_length, pad_value=padding)
  numbers, _ = text.pad_model_inputs(numbers, max_length)
  return {
    role: tf.ensure_shape(tf.cast(built, tf.int64), [None, max_length])
    for role, built in (
      ("ids", padded),
      ("mask", mask),
      ("segments", numbers),
    )
  }


def word_lists(
  part: str, names: list[str], features: Mapping[str, tf.Tensor]
) -> tf.Tensor:
  """Returns the words of examples, strings [batch, words].

  Args:
    part: the tokenizer's name, for messages.
    names: of the features that are tokenized.
    features: tensors by name.

  Raises:
    UserError: there are two texts, or the feature holds no lists of words.
  """
  if len(names) > 1:
    raise UserError(
      f"tokenizers.{part}.second_feature is {names[1]!r}; heads.sequence labels the "
      "words of one feature."
    )
  words = features[names[0]]
  if words.shape.rank != 2:
    raise UserError(
      f"Feature {names[0]!r} holds one text an example; heads.sequence labels "
      "words, and needs a list of them."
    )
  return words


def join_words(
  words: tf.Tensor, pieces: tf.RaggedTensor, *, max_length: int
) -> tuple[tf.RaggedTensor, tf.Tensor]:
  """Adds the ops that join the pieces of words, and find each word's first piece.

  Args:
    words: strings [batch, words].
    pieces: int64 [batch * words, pieces].
    max_length: as for `join`.

  Returns:
    (segment int64 [batch, pieces] for `join`; position of each word's first piece
    after `join`, int64 [batch, words], -1 if it has none or is cut).
  """
  lengths = tf.reshape(pieces.row_lengths(), tf.shape(words, out_type=tf.int64))
  firsts = 1 + tf.cumsum(lengths, axis=1, exclusive=True)
  is_kept = (lengths > 0) & (firsts < max_length - 1)
  segment = tf.RaggedTensor.from_row_lengths(
    pieces.flat_values, tf.reduce_sum(lengths, axis=1)
  )
  return segment, tf.where_v2(is_kept, firsts, -tf.ones_like(firsts))


def import_text(part: str) -> ModuleType:
  """Returns the package tensorflow-text.

  Args:
    part: the tokenizer's name, for messages.

  Raises:
    UserError: it isn't installed.
  """
  try:
    import tensorflow_text
  except ImportError as error:
    raise UserError(
      f"tokenizers.{part} needs tensorflow-text: pip install "
      "'hub-estimator[text]'."
    ) from error
  return tensorflow_text
