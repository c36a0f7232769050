"""Examples of a user's own input_fn."""

import contextlib
import dataclasses
import itertools
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import gin
import numpy as np

from hub_estimator import progress, stores
from hub_estimator.errors import UserError
from hub_estimator.inputs import stored
from hub_estimator.inputs.interface import Column, Examples
from hub_estimator.inputs.npy_column import plain
from hub_estimator.inputs.rearranging import select
from hub_estimator.inputs.sequences import Ragged
from hub_estimator.tensorflow_runtime import op_errors, tf

_WHAT = "inputs.dataset"
# Columns of labels, which features may have the names of.
_LABELS = "labels/"
_BATCH = 256


@gin.register("dataset", module="inputs")
@dataclasses.dataclass(frozen=True)
class Dataset:
  """The examples that a `tf.data.Dataset` of your own yields.

  The dataset is read once, when a run starts, and its examples are kept on disk until
  the run ends; the run then draws its batches in an order of its own. So training can
  be interrupted and continues with the very batch that comes next, if the dataset
  yields the same examples in each process. What it does at random is done once: leave
  shuffling, repeating and augmenting to the run.

  Attributes:
    input_fn: takes no arguments and returns a dataset of (features, labels), or of
      features alone. Features are tensors by name; labels a tensor, or several by the
      names of the heads of `heads.multi`. Tensors may be sparse or ragged. In gin, a
      function registered with `@gin.configurable` or `@gin.register`.
    examples: how many are read; None reads all, so that the dataset must end.
    batched: whether it yields batches, as the input_fn of an Estimator does.
  """

  input_fn: Callable[[], Any]
  examples: int | None = None
  batched: bool = True

  def __post_init__(self) -> None:
    if not callable(self.input_fn):
      raise UserError(
        f"{_WHAT}.input_fn is {self.input_fn!r}; it is a function that returns a "
        "tf.data.Dataset, such as @my_input_fn."
      )
    if self.examples is not None and self.examples < 1:
      raise UserError(
        f"{_WHAT}.examples is {self.examples}; it is at least 1, or None."
      )

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the function returns something else, or the dataset fails, has no end
        or no examples.
    """
    name = getattr(self.input_fn, "__name__", type(self.input_fn).__name__)
    source = f"{_WHAT} {name}"
    batches = self._batches(source)
    first = next(batches, None)
    if first is None:
      raise UserError(f"{source} has no examples.")
    label = [name for name in first if name.startswith(_LABELS)]
    with tempfile.TemporaryDirectory(prefix="hub_estimator-dataset-") as path:
      store = self._store(
        pathlib.Path(path), itertools.chain([first], batches), label, source
      )
    # The files are open, and are removed when nothing reads them.
    found = stored.examples(
      store,
      label=_LABELS if label == [_LABELS] else label or None,
      source=source,
    )
    if isinstance(found.labels, Mapping):
      labels = {n.removeprefix(_LABELS): a for n, a in found.labels.items()}
      found = dataclasses.replace(found, labels=labels)
    return self._cut(found)

  def _cut(self, found: Examples) -> Examples:
    """Returns the examples that were asked for, without the rest of a batch."""
    if self.examples is None or len(found) == self.examples:
      return found
    if len(found) < self.examples:
      raise UserError(
        f"{_WHAT}.examples is {self.examples}, and {found.source} has {len(found)}."
      )
    return select(found, np.arange(self.examples), found.source)

  def _store(
    self,
    directory: pathlib.Path,
    batches: Iterator[Mapping[str, Column]],
    label: list[str],
    source: str,
  ) -> stores.Store:
    def write(writer: stores.StoreWriter) -> dict[str, Any]:
      blocks = stored.BlockWriter(writer, label)
      done = 0
      for batch in batches:
        blocks.append(batch)
        done += len(next(iter(batch.values())))
        progress.report(
          f"reading {source}", done, self.examples, unit="examples"
        )
      return blocks.close()

    try:
      writer = stores.StoreWriter(directory, {})
      writer.close(write(writer))
    except stores.OtherType as error:
      raise UserError(f"{source}: {error.column!r}: {error}.") from error
    except OSError as error:
      raise UserError(
        f"{source}: its examples can't be kept in {directory.parent}: "
        f"{error.strerror or error}; set TMPDIR to a directory with space."
      ) from error
    found = stores.read(directory)
    if found is None:
      raise UserError(f"{source}: its examples can't be read in {directory}.")
    return found

  def _batches(self, source: str) -> Iterator[dict[str, Column]]:
    """Yields columns [batch, ...] by name, until there are enough examples."""
    graph = tf.Graph()
    with graph.as_default():
      iterator = tf.data.make_initializable_iterator(self._dataset(source))
      features, labels = _split(iterator.get_next(), source)
      tensors = {**features, **labels}
      varying = {n for n, tensor in features.items() if _varies(tensor)}
      start = [iterator.initializer, tf.tables_initializer()]
    done = 0
    # Not the default session: the consumer of a generator may have another.
    with contextlib.closing(tf.Session(graph=graph)) as session:
      try:
        session.run(start)
        while self.examples is None or done < self.examples:
          batch = {
            name: _column(name, value, source, varies=name in varying)
            for name, value in session.run(tensors).items()
          }
          done += len(next(iter(batch.values())))
          yield batch
      except tf.errors.OutOfRangeError:
        return
      except tf.errors.OpError as error:
        raise UserError(
          f"{source} fails after {done} examples: {op_errors.essence(error)}"
        ) from error

  def _dataset(self, source: str) -> Any:
    """Returns the dataset of batches, in the graph that is the default now."""
    dataset = self.input_fn()
    if not isinstance(dataset, tf.data.Dataset):
      raise UserError(
        f"{source} returns a {type(dataset).__name__}; it returns a "
        "tf.data.Dataset of (features, labels)."
      )
    cardinality = tf.data.experimental.cardinality(dataset)
    with tf.Session() as session:
      is_endless = session.run(cardinality) == tf.data.INFINITE_CARDINALITY
    if is_endless and self.examples is None:
      raise UserError(
        f"{source} has no end: leave out repeat(), or set {_WHAT}.examples."
      )
    if self.batched:
      return dataset
    return dataset.ragged_batch(_BATCH)


def _split(element: Any, source: str) -> tuple[dict[str, Any], dict[str, Any]]:
  """Returns features and labels by name; labels with `_LABELS` before theirs."""
  features, labels = element, None
  if isinstance(element, tuple) and len(element) == 2:
    features, labels = element
  if not isinstance(features, Mapping) or not all(
    isinstance(name, str) for name in features
  ):
    raise UserError(
      f"{source} yields features as a {type(features).__name__}; they are tensors "
      "by name: a dict."
    )
  if labels is None:
    return dict(features), {}
  if not isinstance(labels, Mapping):
    labels = {"": labels}
  return dict(features), {f"{_LABELS}{n}": v for n, v in labels.items()}


def _varies(tensor: Any) -> bool:
  """Returns whether batches of a dense tensor may differ in their second dimension."""
  if not isinstance(tensor, tf.Tensor) or tensor.shape.rank is None:
    return False
  return tensor.shape.rank > 1 and tensor.shape[1:].as_list()[0] is None


def _column(name: str, value: Any, source: str, *, varies: bool) -> Column:
  """Returns the values of a batch, as the other inputs have them."""
  what = f"{source}: {name.removeprefix(_LABELS)!r}"
  if isinstance(value, tf.compat.v1.SparseTensorValue):
    if len(value.dense_shape) != 2:
      raise UserError(f"{what} is sparse with other dimensions than two.")
    rows, count = value.indices[:, 0], int(value.dense_shape[0])
    lengths = np.bincount(rows, minlength=count)
    return Ragged(_plain(value.values, what), lengths)
  if isinstance(value, tf.compat.v1.ragged.RaggedTensorValue):
    if len(value.nested_row_splits) > 1:
      raise UserError(f"{what} is ragged in more than one dimension.")
    return Ragged(_plain(value.values, what), np.diff(value.row_splits))
  array = _plain(value, what)
  if not varies:
    return array
  lengths = np.full(len(array), array.shape[1], np.int64)
  return Ragged(array.reshape(-1, *array.shape[2:]), lengths)


def _plain(array: np.ndarray, what: str) -> np.ndarray:
  if array.dtype.kind == "b":
    return array.astype(np.int64)
  return plain(array, what) if array.dtype.kind != "O" else array
