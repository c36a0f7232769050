"""What tokenizers have in common: the features they read, and how tokens join."""

from collections.abc import Callable, Mapping
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


def join_words(
  part: str,
  names: list[str],
  features: Mapping[str, tf.Tensor],
  pieces: Callable[[tf.Tensor], tf.RaggedTensor],
  *,
  max_length: int,
) -> tuple[list[tf.RaggedTensor], tf.Tensor]:
  """Adds the ops that join the pieces of words, and find each word's first piece.

  Args:
    part: the tokenizer's name, for messages.
    names: of the features that are tokenized: perhaps a text, then the words.
    features: strings [batch] of texts and [batch, words], by name.
    pieces: cuts strings [n] into int64 [n, pieces].
    max_length: as for `join`.

  Returns:
    (segments int64 [batch, pieces] for `join`, which need no more cuts; position of
    each word's first piece after `join`, int64 [batch, words], -1 if it has none or is
    cut).

  Raises:
    UserError: a feature holds texts in place of lists of words, or the reverse; or
      tensorflow-text isn't installed.
  """
  text = import_text(part)
  before, words = _word_lists(part, names, features)
  cut = pieces(tf.reshape(words, [-1]))
  lengths = tf.reshape(cut.row_lengths(), tf.shape(words, out_type=tf.int64))
  of_words = tf.RaggedTensor.from_row_lengths(
    cut.flat_values, tf.reduce_sum(lengths, axis=1)
  )
  segments = [of_words] if before is None else [pieces(before), of_words]
  segments = text.RoundRobinTrimmer(max_length - 1 - len(segments)).trim(
    segments
  )
  places = tf.cumsum(lengths, axis=1, exclusive=True)
  kept = segments[-1].row_lengths()[:, tf.newaxis]
  is_kept = (lengths > 0) & (places < kept)
  # Behind [CLS], and behind the text and its [SEP].
  places += 1
  if before is not None:
    places += segments[0].row_lengths()[:, tf.newaxis] + 1
  return segments, tf.where_v2(is_kept, places, -tf.ones_like(places))


def _word_lists(
  part: str, names: list[str], features: Mapping[str, tf.Tensor]
) -> tuple[tf.Tensor | None, tf.Tensor]:
  """Returns (the text before the words or None, the words).

  They are strings [batch], and [batch, words].

  Args:
    part: the tokenizer's name, for messages.
    names: of the features that are tokenized, the words last.
    features: tensors by name.

  Raises:
    UserError: a feature holds texts in place of lists of words, or the reverse.
  """
  *before, last = names
  if features[last].shape.rank != 2:
    raise UserError(
      f"Feature {last!r} holds one text an example; the head reads words, and needs "
      "a list of them."
    )
  for name in before:
    if features[name].shape.rank != 1:
      raise UserError(
        f"tokenizers.{part}: feature {name!r} holds lists; before the words of "
        f"{last!r} there is one text an example."
      )
  return (features[before[0]] if before else None), features[last]


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
