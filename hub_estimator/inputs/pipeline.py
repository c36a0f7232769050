"""input_fns over examples, in an order that the seed and the step fix."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.inputs.interface import Column, Examples, spec_of
from hub_estimator.inputs.order import Order
from hub_estimator.tensorflow_runtime import estimator, tf

# The feature of a block of batches that holds their number.
STEPS = "hub_estimator_steps"

# Batches that are handed to TensorFlow at once, and their bytes.
_MOST_GROUPED = 16
_GROUP_BYTES = 1 << 20

# (features, labels) of a batch or of a block of batches.
_Batches = Iterator[tuple[Any, Any]]


def make_train_input_fn(
  examples: Examples,
  *,
  batch_size: int,
  seed: int,
  block_end: Callable[[int], int] | None = None,
) -> Callable[..., tf.data.Dataset]:
  """Returns an input_fn of endless shuffled batches.

  Every epoch has its own permutation, drawn from (seed, epoch). The last examples
  of an epoch share a batch with the first of the next, so all batches are full.
  Reading starts at the graph's global step when the iterator is initialized: an
  interrupted run continues with the very batch that comes next. In a cluster of n
  members that train, each reads every n-th batch, and no two read the same one.

  Args:
    examples: with labels.
    batch_size: examples a step.
    seed: of the order.
    block_end: None yields batches. Otherwise batches come in blocks
      [steps, batch, ...] with a feature `STEPS`, for a single process. It is given
      the step at which a block starts and returns the step after the block; at the
      end of training, when no block follows, it returns the step it was given.
  """

  def input_fn(
    config: estimator.RunConfig | None = None,
  ) -> tf.data.Dataset:
    stride, place = 1, 0
    if config is not None:
      stride = max(config.num_worker_replicas, 1)
      place = config.global_id_in_cluster or 0

    def batches(start: Any) -> _Batches:
      if block_end is not None:
        return _blocks(examples, batch_size, seed, int(start), block_end)
      return _train_batches(
        examples, batch_size, seed, int(start), stride, place
      )

    step = tf.train.get_global_step()
    start = tf.constant(0, tf.int64) if step is None else step
    return _dataset(examples, batches, start, in_blocks=block_end is not None)

  return input_fn


def make_eval_input_fn(
  examples: Examples, *, batch_size: int
) -> Callable[[], tf.data.Dataset]:
  """Returns an input_fn of all examples once, in order; the last batch may be short.

  Args:
    examples: with or without labels.
    batch_size: examples a batch; the last one may have fewer.
  """

  def batches() -> _Batches:
    for start in range(0, len(examples), batch_size):
      yield examples.take(slice(start, start + batch_size))

  return lambda: _dataset(examples, batches)


def _train_batches(
  examples: Examples,
  batch_size: int,
  seed: int,
  start: int,
  stride: int,
  place: int,
) -> _Batches:
  """Yields, from batch `start` on, those whose number is `place` modulo `stride`."""
  order = Order(len(examples), seed=seed)
  first = start + (place - start) % stride
  for number in itertools.count(first, stride):
    yield examples.take(order.rows(number * batch_size, batch_size))


def _blocks(
  examples: Examples,
  batch_size: int,
  seed: int,
  start: int,
  block_end: Callable[[int], int],
) -> _Batches:
  """Yields the batches from step `start` on in blocks, until one has no steps."""
  order = Order(len(examples), seed=seed)
  while steps := block_end(start) - start:
    rows = order.rows(start * batch_size, steps * batch_size)
    features, labels = tf.nest.map_structure(
      lambda array, steps=steps: array.reshape(
        steps, batch_size, *array.shape[1:]
      ),
      examples.take(rows),
    )
    yield {**features, STEPS: steps}, labels
    start += steps


def _dataset(
  examples: Examples,
  batches: Callable[..., _Batches],
  *arguments: tf.Tensor,
  in_blocks: bool = False,
) -> tf.data.Dataset:
  """Returns a dataset of the batches that a generator yields.

  Args:
    examples: whose types the batches have.
    batches: the generator.
    *arguments: its arguments, evaluated when the iterator is initialized.
    in_blocks: whether it yields blocks of batches.
  """
  signature: Any = _feature_specs(examples, in_blocks)
  if examples.labels is not None:
    signature = signature, _label_specs(examples.labels, in_blocks)

  def elements(*values: Any) -> Iterator[Any]:
    for features, labels in batches(*values):
      yield features if examples.labels is None else (features, labels)

  if in_blocks:
    dataset = tf.data.Dataset.from_generator(
      elements, args=arguments, output_signature=signature
    )
  else:
    dataset = tf.data.Dataset.from_generator(
      lambda *values: _groups(elements(*values)),
      args=arguments,
      output_signature=tf.nest.map_structure(
        lambda spec: tf.TensorSpec([None, *spec.shape], spec.dtype), signature
      ),
    )
    dataset = dataset.prefetch(1).unbatch()
  options = tf.data.Options()
  # Nothing here is tuned. If the clock is set back during a run, the thread that
  # tunes waits until the clock has caught up, and the session can't end before.
  options.autotune.enabled = False
  return dataset.prefetch(2).with_options(options)


def _groups(batches: Iterator[Any]) -> Iterator[Any]:
  """Yields batches of one shape stacked, [batches, batch, ...].

  Handing a batch from Python to TensorFlow takes longer than reading a small one, so
  several are handed over at once. The first comes alone, as training waits for it.
  """
  most, group, shapes = 1, list[Any](), list[tuple[int, ...]]()
  for batch in batches:
    leaves = [np.asarray(leaf) for leaf in tf.nest.flatten(batch)]
    found = [leaf.shape for leaf in leaves]
    if group and (len(group) >= most or found != shapes):
      yield _stack(group)
      group = []
    if not group:
      most = max(1, min(_MOST_GROUPED, _GROUP_BYTES // _size(leaves)))
      most = most if shapes else 1
    group.append(batch)
    shapes = found
  if group:
    yield _stack(group)


def _stack(batches: Sequence[Any]) -> Any:
  return tf.nest.map_structure(lambda *leaves: np.stack(leaves), *batches)


def _size(leaves: Sequence[np.ndarray]) -> int:
  """Returns the bytes of a batch, its text included; at least 1."""
  return 1 + sum(
    sum(map(len, leaf.ravel().tolist()))
    if leaf.dtype.kind == "O"
    else leaf.nbytes
    for leaf in leaves
  )


def _feature_specs(
  examples: Examples, in_blocks: bool
) -> dict[str, tf.TensorSpec]:
  specs = {
    name: _tensor_spec(column, in_blocks)
    for name, column in examples.features.items()
  }
  if in_blocks:
    specs[STEPS] = tf.TensorSpec([], tf.int32)
  return specs


def _label_specs(
  labels: np.ndarray | Mapping[str, np.ndarray], in_blocks: bool
) -> tf.TensorSpec | dict[str, tf.TensorSpec]:
  if isinstance(labels, Mapping):
    return {name: _tensor_spec(a, in_blocks) for name, a in labels.items()}
  return _tensor_spec(labels, in_blocks)


def _tensor_spec(column: Column, in_blocks: bool) -> tf.TensorSpec:
  spec = spec_of(column)
  leading = [None, None] if in_blocks else [None]
  return tf.TensorSpec([*leading, *spec.shape], tf.as_dtype(spec.dtype))
