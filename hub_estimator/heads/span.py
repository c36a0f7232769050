"""The head that finds one span of words: the answer to a question, a quotation."""

import dataclasses
from collections.abc import Mapping

import gin
import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.heads.interface import Labels
from hub_estimator.heads.labels import check_each, check_numbers
from hub_estimator.heads.span_head import SpanHead
from hub_estimator.tensorflow_runtime import estimator


@gin.register("span", module="heads")
@dataclasses.dataclass(frozen=True)
class Span:
  """The first and the last word of an answer, each with softmax cross entropy.

  An example holds a list of words, perhaps a text before it, such as a question
  (`tokenizers.….feature`; the words are the `second_feature`), and the positions of the
  answer's first and last word, from 0: a list of two, or two label columns in this
  order. As for `heads.sequence`, the head reads the module's vector of each word. An
  answer that the tokenizer cuts is not learned, and counts as wrong in evaluation,
  where "answers_read" is the share of the others.

  Attributes:
    max_words: a predicted answer has no more words.
  """

  max_words: int = 30

  def __post_init__(self) -> None:
    if not isinstance(self.max_words, int) or self.max_words < 1:
      raise UserError(
        f"heads.span.max_words is {self.max_words!r}; it must be an integer of at "
        "least 1."
      )

  def build(self) -> estimator.Head:
    """Returns a head for logits [batch, words, 2]; see `SpanHead`."""
    return SpanHead(self.max_words)

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if labels aren't positions in order.

    Args:
      labels: as `positions` returns them.
    """
    column = self.positions(labels)
    check_each(
      column,
      (column[:, :1] >= 0) & (column[:, 1:] >= column[:, :1]),
      "the position of a first word, and that of a last word behind it",
    )

  def positions(self, labels: Labels) -> np.ndarray:
    """Returns labels as int64 [examples, 2].

    Args:
      labels: array [examples, 2], or two arrays [examples] by name, the first word's
        first.

    Raises:
      UserError: labels are something else.
    """
    if isinstance(labels, Mapping):
      columns = [np.asarray(column) for column in labels.values()]
      if len(columns) != 2 or any(column.ndim != 1 for column in columns):
        raise UserError(
          f"Labels come as the columns {', '.join(labels)}; heads.span expects two, "
          "the positions of the first and of the last word."
        )
      labels = np.stack(columns, axis=1)
    if labels.ndim != 2 or labels.shape[1] != 2:
      raise UserError(
        f"Labels have shape {list(labels.shape)}; heads.span expects the positions of "
        "the first and of the last word, [examples, 2]."
      )
    check_numbers(labels)
    positions = labels.astype(np.int64)
    check_each(labels, positions == labels, "a pair of whole numbers")
    return positions
