"""Modules whose graph has a fixed number of rows, applied to any number of rows."""

import contextlib
from collections.abc import Callable, Iterator, Mapping

from hub_estimator.modules.variant_info import SignatureInfo
from hub_estimator.tensorflow_runtime import tf

_Tensors = Mapping[str, tf.Tensor]


def apply_in_batches(
  apply: Callable[[_Tensors], _Tensors],
  inputs: _Tensors,
  signature: SignatureInfo,
) -> dict[str, tf.Tensor]:
  """Applies a signature to any number of rows, in batches of the size that it has.

  The last row fills up the last batch, and its outputs are cut off. Gradients don't
  flow back.

  Args:
    apply: takes and returns tensors by the signature's names.
    inputs: tensors [rows, ...] by the signature's names; scalars reach each batch.
    signature: applied as it is if it takes any number of rows.

  Returns:
    Tensors [rows, ...]. Outputs without a row for each input row are left out.
  """
  size = signature.batch_size
  if size is None:
    return dict(apply(inputs))
  columns = {n: x for n, x in inputs.items() if signature.inputs[n].shape != ()}
  whole = {n: x for n, x in inputs.items() if n not in columns}
  rows = tf.shape(next(iter(columns.values())))[0]
  count = -(-rows // size)
  filled = tf.minimum(tf.range(count * size), rows - 1)
  batches = {
    name: _split(tf.gather(x, filled), count, size)
    for name, x in columns.items()
  }
  by_row = {
    name: output
    for name, output in signature.outputs.items()
    if output.kind == "dense" and output.shape and output.shape[0] == size
  }

  def apply_to_batch(batch: _Tensors) -> dict[str, tf.Tensor]:
    outputs = apply({**batch, **whole})
    return {name: outputs[name] for name in by_row}

  with _loops_in_the_graph():
    outputs = tf.map_fn(
      apply_to_batch,
      batches,
      dtype={name: tf.as_dtype(o.dtype) for name, o in by_row.items()},
      back_prop=False,
    )
  return {
    name: _join(output, (by_row[name].shape or ())[1:], rows)
    for name, output in outputs.items()
  }


@contextlib.contextmanager
def _loops_in_the_graph() -> Iterator[None]:
  """Builds loops of ops in place of functions, where no module can be applied."""
  as_functions = tf.control_flow_v2_enabled()
  tf.disable_control_flow_v2()
  try:
    yield
  finally:
    if as_functions:
      tf.enable_control_flow_v2()


def _split(x: tf.Tensor, count: tf.Tensor, size: int) -> tf.Tensor:
  """Returns [count, size, ...] of [count * size, ...]."""
  batches = tf.reshape(x, tf.concat([[count, size], tf.shape(x)[1:]], axis=0))
  batches.set_shape([None, size, *x.shape[1:]])
  return batches


def _join(
  batches: tf.Tensor, shape: tuple[int | None, ...], rows: tf.Tensor
) -> tf.Tensor:
  """Returns the first rows of [count, size, ...] as [rows, ...]."""
  x = tf.reshape(batches, tf.concat([[-1], tf.shape(batches)[2:]], axis=0))
  joined = x[:rows]
  joined.set_shape([None, *shape])
  return joined
