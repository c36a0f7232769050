"""The head that gives each token of a sequence one of several classes."""

import collections.abc
import dataclasses

import gin
import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.heads.classifiers import MultiClass
from hub_estimator.heads.interface import Head, Labels
from hub_estimator.heads.labels import one_column, read_vocabulary
from hub_estimator.heads.token_head import TokenHead
from hub_estimator.tensorflow_runtime import estimator

# Behind the end of an example's labels: of class ids, and of names.
_NO_ID, _NO_NAME = -1, b""


@gin.register("sequence", module="heads")
@dataclasses.dataclass(frozen=True)
class Sequence:
  """One of several classes for each word or token, with softmax cross entropy.

  An example's labels are a list, one for each of its words: lists in jsonl and
  Parquet, features of the shape [None] in TFRecords. The head reads the module's
  vector of each word, [batch, words, width], which isn't pooled; if a tokenizer cuts
  words into pieces, that of its first piece. Words behind the tokenizer's
  `max_length` are not learned, have the class "" in predictions, and count as wrong
  in evaluation, where "tokens_read" is the share of the others.

  If all classes are "O", "B-<type>" or "I-<type>", evaluation also gives the precision,
  recall and F1 of the spans that these mark.

  Attributes:
    n_classes: how many classes; None takes those of the label_vocabulary, else those
      of the training data.
    label_vocabulary: the labels as strings, or the path of a file with one label per
      line; None takes the names that the training data has, in sorted order, and
      leaves labels that are 0 to n_classes - 1 as they are.
  """

  n_classes: int | None = None
  label_vocabulary: collections.abc.Sequence[str] | str | None = None

  def __post_init__(self) -> None:
    self._of_token()

  def build(self, name: str | None = None) -> estimator.Head:
    """Returns a head for logits [batch, tokens, ...]; see `TokenHead`."""
    vocabulary = read_vocabulary(self.label_vocabulary, self.n_classes)
    return TokenHead(self._of_token().build(name), vocabulary)

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if a label is none of the classes.

    Args:
      labels: as `padded` returns them.
    """
    self._of_token().check_labels(without_padding(one_column(labels)))

  def padded(self, labels: Labels) -> np.ndarray:
    """Returns labels as an array [examples, tokens]: `bytes`, or class ids.

    The longest list has no padding; behind others are b"" or -1.

    Args:
      labels: an array [examples] of tuples, or [examples, tokens].

    Raises:
      UserError: labels aren't lists, or one of them is blank.
    """
    column = one_column(labels)
    rows = column.tolist()
    if not all(isinstance(row, tuple | list) for row in rows):
      raise UserError(
        f"Labels are single values such as {rows[0]!r}; heads.sequence expects a list "
        "of them in each example, one for each token."
      )
    lengths = np.array([len(row) for row in rows])
    values = [value for row in rows for value in row]
    are_names = any(isinstance(value, bytes) for value in values)
    flat = np.array(values, object if are_names else None)
    nothing = _NO_NAME if are_names else _NO_ID
    if not are_names and values and flat.dtype.kind not in "biu":
      raise UserError(
        f"Labels are numbers such as {values[0]!r}; heads.sequence expects names or "
        "class ids."
      )
    given = np.arange(max(1, *lengths)) < lengths[:, np.newaxis]
    blank = np.flatnonzero(flat == nothing)
    if values and blank.size:
      ends = np.cumsum(lengths)
      row = int(np.flatnonzero(ends > blank[0])[0])
      raise UserError(
        f"Example {row} has a blank label; heads.sequence expects one for each token."
      )
    array = np.full(given.shape, nothing, object if are_names else np.int64)
    array[given] = flat
    return array

  def _of_token(self) -> MultiClass:
    """Returns the head of one token."""
    return MultiClass(self.n_classes, self.label_vocabulary)


def label_values(head: Head, labels: np.ndarray) -> np.ndarray:
  """Returns the labels of a head as single values.

  Args:
    head: any.
    labels: array [examples, ...]; comes back as it is, but for `heads.sequence`.
  """
  return without_padding(labels) if isinstance(head, Sequence) else labels


def label_counts(head: Head, labels: Labels | None) -> np.ndarray | None:
  """Returns how many tokens of each example have a label, int64 [examples].

  Args:
    head: any; None comes back but for `heads.sequence`.
    labels: of the examples; None also comes back.
  """
  if not isinstance(head, Sequence) or labels is None:
    return None
  column = one_column(labels)
  nothing = _NO_NAME if column.dtype.kind == "O" else _NO_ID
  counts: np.ndarray = (column != nothing).sum(axis=1)
  return counts


def labels_tokens(head: Head) -> bool:
  """Returns whether a head has a label for each token of an example."""
  return isinstance(head, Sequence)


def without_padding(labels: np.ndarray) -> np.ndarray:
  """Returns the labels of all tokens, one after the other.

  Args:
    labels: [examples, tokens], padded.
  """
  nothing = _NO_NAME if labels.dtype.kind == "O" else _NO_ID
  values: np.ndarray = labels[labels != nothing]
  return values
