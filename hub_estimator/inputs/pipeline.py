"""input_fns over examples, in an order that the seed and the step fix."""

import itertools
from collections.abc import Callable, Mapping

import numpy as np

from hub_estimator.inputs.interface import Examples, spec_of
from hub_estimator.tensorflow_runtime import tf

# The feature of a block of batches that says how many they are.
STEPS = "hub_estimator_steps"


def make_train_input_fn(
  examples: Examples,
  *,
  batch_size: int,
  seed: int,
  block_end: Callable[[int], int] | None = None,
) -> Callable[..., tf.data.Dataset]:
  """Returns an input_fn of endless shuffled batches.

  Every epoch has its own permutation, drawn from (seed, epoch), and an epoch's
  rest is joined with the next one's start, so all batches are full. The place
  to start is the graph's global step, when the iterator is initialized: an
  interrupted run goes on with the very batch that it would have read. Of a
  cluster's chief and workers, each reads every n-th batch, and no two the same.

  Args:
    examples: with labels.
    batch_size: examples a step.
    seed: of the order.
    block_end: None yields batches. Otherwise they come in blocks [steps, batch, ...]
      with a feature `STEPS`, for one process alone; it returns the step after the block
      that starts at a step, and that step where there is none, at the end of training.
  """

  def input_fn(config=None):
    stride, place = 1, 0
    if config is not None:
      stride = max(config.num_worker_replicas, 1)
      place = config.global_id_in_cluster or 0

    def batches(start):
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
  """Returns an input_fn of all examples once, in order, the last batch too."""

  def batches():
    for start in range(0, len(examples), batch_size):
      yield examples.take(slice(start, start + batch_size))

  return lambda: _dataset(examples, batches)


class Order:
  """Examples without end, epoch by epoch, each in a permutation of its own."""

  def __init__(self, n_examples: int, *, seed: int):
    """Makes an order.

    Args:
      n_examples: of an epoch.
      seed: of the permutations.
    """
    self._n_examples = n_examples
    self._seed = seed
    self._epoch, self._permutation = -1, np.empty(0, np.int64)

  def rows(self, start: int, count: int) -> np.ndarray:
    """Returns the indices of examples at positions `start` to `start + count`."""
    parts = []
    while count:
      epoch, offset = divmod(start, self._n_examples)
      if epoch != self._epoch:
        rng = np.random.default_rng([self._seed, epoch])
        self._epoch, self._permutation = (
          epoch,
          rng.permutation(self._n_examples),
        )
      parts.append(self._permutation[offset : offset + count])
      start, count = start + len(parts[-1]), count - len(parts[-1])
    return np.concatenate(parts)


def _train_batches(examples, batch_size, seed, start, stride, place):
  """Yields, from batch `start` on, those whose number is `place` modulo `stride`."""
  order = Order(len(examples), seed=seed)
  first = start + (place - start) % stride
  for number in itertools.count(first, stride):
    yield examples.take(order.rows(number * batch_size, batch_size))


def _blocks(examples, batch_size, seed, start, block_end):
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
  examples: Examples, batches, *arguments, in_blocks: bool = False
) -> tf.data.Dataset:
  def spec(array):
    kind = spec_of(array)
    leading = [None, None] if in_blocks else [None]
    return tf.TensorSpec([*leading, *kind.shape], tf.as_dtype(kind.dtype))

  signature = {name: spec(array) for name, array in examples.features.items()}
  if in_blocks:
    signature[STEPS] = tf.TensorSpec([], tf.int32)
  if examples.labels is None:
    dataset = tf.data.Dataset.from_generator(
      lambda *values: (features for features, _ in batches(*values)),
      args=arguments,
      output_signature=signature,
    )
  else:
    labels = examples.labels
    dataset = tf.data.Dataset.from_generator(
      batches,
      args=arguments,
      output_signature=(
        signature,
        {name: spec(array) for name, array in labels.items()}
        if isinstance(labels, Mapping)
        else spec(labels),
      ),
    )
  options = tf.data.Options()
  # Nothing here is tuned, and where the clock is set back in the middle of a run, the
  # thread that would tune waits, and the end of a session for it, until it has caught up.
  options.autotune.enabled = False
  return dataset.prefetch(2).with_options(options)
