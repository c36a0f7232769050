"""A checkpoint of word vectors, written slice by slice.

TensorFlow's sharded savers write a variable like this. Memory holds one slice.
"""

import os
import pathlib
from collections.abc import Iterator

import numpy as np

from hub_estimator import progress
from hub_estimator.publishing.embedding import VARIABLE
from hub_estimator.publishing.vectors import Vectors
from hub_estimator.tensorflow_runtime import tf

SLICE_BYTES = 32 << 20


def write(
  prefix: str,
  vectors: Vectors,
  *,
  oov_buckets: int,
  scratch: pathlib.Path,
  slice_bytes: int = SLICE_BYTES,
) -> None:
  """Writes vectors, and the rows for unknown words, as one variable.

  Args:
    prefix: the prefix of the checkpoint.
    vectors: the vectors of known words.
    oov_buckets: how many rows to add for unknown words.
    scratch: a directory for the slices.
    slice_bytes: the size of a slice, at most; it has at least one row.
  """
  total = vectors.rows + oov_buckets
  with tf.Graph().as_default(), tf.Session() as session:
    part, place = tf.placeholder(tf.string, []), tf.placeholder(tf.string, [])
    rows = tf.placeholder(tf.float32, [None, vectors.width])
    save = tf.raw_ops.SaveV2(
      prefix=part,
      tensor_names=[VARIABLE],
      # "<shape of the whole> <first row>,<rows>:<all columns>".
      shape_and_slices=[
        tf.strings.join([f"{total} {vectors.width} ", place, ":-"])
      ],
      tensors=[rows],
    )
    parts: list[str] = []
    first = 0
    for values in _slices(vectors, oov_buckets, slice_bytes):
      parts.append(os.path.join(scratch, f"part-{len(parts):05d}"))
      session.run(
        save,
        {part: parts[-1], place: f"{first},{len(values)}", rows: values},
      )
      first += len(values)
      progress.report("writing word vectors", first, total, unit="rows")
    session.run(
      tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=parts,
        destination_prefix=prefix,
        delete_old_dirs=True,
      )
    )


def _slices(
  vectors: Vectors, oov_buckets: int, slice_bytes: int
) -> Iterator[np.ndarray]:
  """Yields all rows; the last slice also has the mean for each bucket."""
  total = np.zeros(vectors.width)
  last = None
  for values in vectors.read(max(1, slice_bytes // (4 * vectors.width))):
    if last is not None:
      yield last
    total += values.sum(axis=0, dtype=np.float64)
    last = values
  assert last is not None  # `Vectors` has at least one row.
  mean = (total / vectors.rows).astype(np.float32)
  yield np.concatenate([last, np.tile(mean, (oov_buckets, 1))])
