"""Serialized tf.Examples as columns, many at a time."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs.interface import Column
from hub_estimator.inputs.sequences import Ragged
from hub_estimator.tensorflow_runtime import tf

DTYPES = ("string", "int64", "float32")
_RAW = "raw:"
# The lists of a tf.train.Feature, by dtype.
_KINDS = {
  "bytes_list": "string",
  "int64_list": "int64",
  "float_list": "float32",
}


@dataclasses.dataclass(frozen=True)
class Feature:
  """How one feature is read.

  Attributes:
    dtype: "string", "int64" or "float32"; or any of NumPy's if `is_raw`.
    shape: of one example; None in place of a first dimension that varies.
    is_raw: whether one string holds all values, as `tf.io.decode_raw` reads them.
  """

  dtype: str
  shape: tuple[int | None, ...]
  is_raw: bool = False

  @property
  def varies(self) -> bool:
    """Whether examples may differ in length."""
    return len(self.shape) > 0 and self.shape[0] is None

  @property
  def fixed(self) -> tuple[int, ...]:
    """The shape of an example, or of one of its elements if it varies."""
    return tuple(n for n in self.shape if n is not None)

  @property
  def size(self) -> int:
    """The number of values of an example, or of one of its elements if it varies."""
    return math.prod(self.fixed)

  @property
  def stored_dtype(self) -> str:
    """The dtype in the file."""
    return "string" if self.is_raw else self.dtype


def check(features: Any) -> dict[str, Feature]:
  """Returns `tfrecord.features`, checked.

  Raises:
    UserError: it isn't dtype and shape by name, or a dtype or shape can't be read.
  """
  if not isinstance(features, Mapping) or not all(
    isinstance(kind, Sequence) and len(kind) == 2 for kind in features.values()
  ):
    raise UserError(
      f"tfrecord.features is {features!r}; it is dtype and shape by name, "
      'such as {"x": ("float32", [4])}.'
    )
  return {
    name: _feature(name, str(dtype), tuple(shape))
    for name, (dtype, shape) in features.items()
  }


def infer(records: Iterable[bytes]) -> dict[str, Feature]:
  """Returns the features that examples have in common, by their names.

  One value in each example is a scalar, and as many values in each a vector. A feature
  varies if its number of values does.

  Args:
    records: tf.Examples.

  Raises:
    UserError: a feature is of two types.
  """
  counts: dict[str, list[int]] = {}
  dtypes: dict[str, str] = {}
  total = 0
  for record in records:
    total += 1
    for name, feature in _parse(record).features.feature.items():
      kind = feature.WhichOneof("kind")
      if kind is None:
        continue
      dtype = dtypes.setdefault(name, _KINDS[kind])
      if dtype != _KINDS[kind]:
        raise UserError(
          f"{name!r} is {dtype} in one record and {_KINDS[kind]} in another"
        )
      counts.setdefault(name, []).append(len(getattr(feature, kind).value))
  return {
    name: Feature(dtypes[name], _shape(found, total))
    for name, found in sorted(counts.items())
  }


def find_problem(
  record: bytes, features: Mapping[str, Feature], defaults: Mapping[str, Any]
) -> str | None:
  """Returns which feature a record lacks, or holds as another type or size.

  Args:
    record: a tf.Example, or other bytes.
    features: the wanted ones.
    defaults: values of features that may be absent.
  """
  try:
    held = _parse(record).features.feature
  except UserError as error:
    return str(error)
  for name, feature in features.items():
    kind = held[name].WhichOneof("kind") if name in held else None
    if kind is None:
      if feature.varies or name in defaults:
        continue
      return f"no feature {name!r}; it has: {', '.join(sorted(held))}"
    values = getattr(held[name], kind).value
    wanted = 1 if feature.is_raw else feature.size
    if _KINDS[kind] != feature.stored_dtype or (
      len(values) != wanted and not feature.varies
    ):
      return (
        f"{name!r} is {len(values)} values of {_KINDS[kind]}, and "
        f"{feature.stored_dtype} {[] if feature.is_raw else list(feature.shape)} "
        "is wanted"
      )
    if feature.is_raw and len(values[0]) != _raw_bytes(feature):
      return (
        f"{name!r} holds {len(values[0])} bytes, and {feature.dtype} "
        f"{list(feature.shape)} needs {_raw_bytes(feature)}"
      )
    if feature.varies and len(values) % feature.size:
      return (
        f"{name!r} holds {len(values)} values, and isn't a multiple of "
        f"{feature.size}"
      )
  return None


class Parser:
  """Parses examples in a graph of its own; a context manager."""

  def __init__(
    self, features: Mapping[str, Feature], defaults: Mapping[str, Any]
  ) -> None:
    """Builds the graph.

    Args:
      features: to read, by name.
      defaults: values of absent features, by name.
    """
    self._features = features
    graph = tf.Graph()
    with graph.as_default():
      self._serialized = tf.placeholder(tf.string, [None])
      self._parsed = tf.io.parse_example(
        self._serialized,
        {n: _parser(f, defaults.get(n)) for n, f in features.items()},
      )
    self._session = tf.Session(graph=graph)

  def __enter__(self) -> "Parser":
    return self

  def __exit__(self, *error: object) -> None:
    self._session.close()

  def parse(self, records: Sequence[bytes]) -> dict[str, Column] | None:
    """Returns columns [records, ...] by name; None if a record can't be read."""
    try:
      # TensorFlow's parser lets lengths go beyond the record's end.
      for record in records:
        _parse(record)
      parsed = self._session.run(self._parsed, {self._serialized: records})
      return {
        name: _column(parsed[name], feature)
        for name, feature in self._features.items()
      }
    except (tf.errors.InvalidArgumentError, UserError, ValueError):
      return None


def _parse(record: bytes) -> tf.train.Example:
  try:
    return tf.train.Example.FromString(record)
  except Exception as error:
    # protobuf's DecodeError, of a package that may be absent.
    raise UserError("not a tf.Example") from error


def _feature(name: str, dtype: str, shape: tuple[int | None, ...]) -> Feature:
  is_raw = dtype.startswith(_RAW)
  if None in shape[is_raw is False :]:
    which = "no" if is_raw else "only the first"
    raise UserError(
      f"tfrecord.features has the shape {list(shape)} for {name!r}; {which} "
      "dimension may vary."
    )
  bare = dtype.removeprefix(_RAW)
  if is_raw:
    try:
      return Feature(np.dtype(bare).name, shape, is_raw=True)
    except TypeError:
      pass
  if dtype not in DTYPES:
    raise UserError(
      f"tfrecord.features has {dtype!r} for {name!r}: "
      + nearest(dtype, [*DTYPES, "raw:uint8", "raw:float32"])
    )
  return Feature(dtype, shape)


def _shape(counts: Sequence[int], total: int) -> tuple[int | None, ...]:
  if len(counts) < total or len(set(counts)) > 1:
    return (None,)
  return () if counts[0] == 1 else (counts[0],)


def _raw_bytes(feature: Feature) -> int:
  return feature.size * np.dtype(feature.dtype).itemsize


def _parser(feature: Feature, default: Any) -> Any:
  """Returns how `tf.io.parse_example` reads a feature."""
  dtype = tf.as_dtype(feature.stored_dtype)
  if feature.varies:
    return tf.io.VarLenFeature(dtype)
  shape = () if feature.is_raw else feature.fixed
  if default is not None:
    default = np.full(shape, default).tolist()
  return tf.io.FixedLenFeature(shape, dtype, default)


def _column(parsed: Any, feature: Feature) -> Column:
  """Returns a feature of all records.

  Raises:
    ValueError: a record holds another number of values.
  """
  if feature.is_raw:
    rows = [np.frombuffer(value, feature.dtype) for value in parsed.tolist()]
    return np.stack([row.reshape(feature.fixed) for row in rows])
  if not feature.varies:
    return np.asarray(parsed)
  lengths = np.bincount(parsed.indices[:, 0], minlength=parsed.dense_shape[0])
  if (lengths % feature.size).any():
    raise ValueError
  values = parsed.values.reshape(-1, *feature.fixed)
  return Ragged(values, lengths // feature.size)
