"""Outputs of frozen modules, computed once and kept on disk.

What a module's outputs hang on makes their key: its content, signature, output and
variant, how features are fitted to it, and the examples themselves. Runs, epochs and
trials of a sweep share them; a model's exports hold the real module.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import logging
import os
import pathlib
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import modules
from hub_estimator.disk import write_text
from hub_estimator.graphs import networks
from hub_estimator.inputs import Examples
from hub_estimator.model import Application, encoders
from hub_estimator.modules import ModuleInfo
from hub_estimator.preprocessing import adapters
from hub_estimator.tensorflow_runtime import estimator, tf

_log = logging.getLogger(__name__)
# Counts up when the same key would mean other numbers.
_FORMAT = 3
_KEY_DIGITS = 32
_GIB = 1 << 30
_CHUNK_ROWS = 1024
_BATCH = 64
_OUTPUT = "output"
# Ops that draw: their outputs differ from call to call.
_RANDOM = (
  "Multinomial",
  "ParameterizedTruncated",
  "Random",
  "RngReadAndSkip",
  "StatefulRandom",
  "StatefulStandardNormal",
  "StatefulTruncatedNormal",
  "StatefulUniform",
  "TruncatedNormal",
)
_COLUMNS_ONLY = (
  encoders.Encoder,
  encoders.Concat,
  encoders.Towers,
  encoders.Taps,
  encoders.Columns,
)


def cache_dir() -> pathlib.Path:
  """Returns where features are kept.

  HUB_ESTIMATOR_CACHE, by default ~/.cache/hub_estimator, and there `features`.
  """
  default = os.path.join("~", ".cache", "hub_estimator")
  root = os.environ.get("HUB_ESTIMATOR_CACHE", default)
  return pathlib.Path(root).expanduser() / "features"


def max_bytes() -> int:
  """Returns the bound on the cache: HUB_ESTIMATOR_CACHE_GIB, by default 20."""
  return int(float(os.environ.get("HUB_ESTIMATOR_CACHE_GIB", "20")) * _GIB)


class NotKept(Exception):
  """Outputs that aren't provably the same each time; it says why."""


def _check_keepable(encoder: Any, infos: Mapping[str, ModuleInfo]) -> None:
  """Raises NotKept for what can be told without a graph."""
  applications = encoder.applications()
  if not applications:
    raise NotKept("there is no module")
  if not is_known(encoder):
    raise NotKept(
      f"{type(encoder).__name__} isn't one of this package's encoders"
    )
  for application in applications:
    source, adapter = application.module, application.adapter
    constants = (adapter.constants or {}).values()
    for reason, holds in (
      ("is trained", source.trainable),
      ("is new", infos[source.name].path is None),
      (
        "has a tokenizer with a file of its own",
        getattr(adapter.tokenizer, "vocabulary", adapter.tokenizer) is not None,
      ),
      ("sees augmented images", bool(adapter.augment)),
      (
        "has constants that differ by mode",
        any(isinstance(value, Mapping) for value in constants),
      ),
    ):
      if holds:
        raise NotKept(f"module {source.name!r} {reason}")


def check_own_weights(
  encoder: Any,
  infos: Mapping[str, ModuleInfo],
  checkpoint: str,
  taken: Collection[str],
) -> None:
  """Raises NotKept where a module starts with other weights than its own.

  Args:
    encoder: whose modules are applied.
    infos: of its modules, by `module.name`.
    checkpoint: that training starts with.
    taken: names of the variables that are taken from it.
  """
  for name, source in encoders.sources(encoder).items():
    if not modules.has_own_weights(
      infos[name], source, checkpoint, taken=taken
    ):
      raise NotKept(f"module {name!r} has other weights than its handle")


def is_known(encoder: Any) -> bool:
  """Returns whether an encoder is one of this package's, parts included."""
  if isinstance(encoder, encoders.Concat):
    return all(is_known(e) for e in encoder.encoders)
  return type(encoder) in _COLUMNS_ONLY


class Outputs:
  """What the modules of an encoder give for a run's examples.

  Attributes:
    widths: of each application's output.
  """

  def __init__(
    self,
    parts: Sequence[Examples],
    encoder: Any,
    infos: Mapping[str, ModuleInfo],
    *,
    unseen: Collection[str] = (),
  ):
    """Finds out how wide they are; computes none.

    Args:
      parts: examples of a run, with the same features: those of training, say, and
        of evaluation.
      encoder: whose modules are applied.
      infos: of its modules, by `module.name`.
      unseen: features that no module sees: the weights of examples.

    Raises:
      NotKept: they aren't provably the same each time.
    """
    _check_keepable(encoder, infos)
    self._parts = parts
    self._encoder = encoder
    self._visible = [
      Examples(
        {n: array for n, array in part.features.items() if n not in unseen},
        None,
        part.source,
      )
      for part in parts
    ]
    self._networks = [
      _Network(application, infos[application.module.name], self._visible[0])
      for application in encoder.applications()
    ]
    self.widths = [_width(network) for network in self._networks]
    self._examples: list[Examples] = []

  def examples(self) -> list[Examples]:
    """Returns the parts with outputs in place of the features that modules read.

    Raises:
      NotKept: they aren't provably the same each time.
    """
    if not self._examples:
      self._examples = self._compute()
      self._networks = []  # Their graphs are large.
    return self._examples

  def _compute(self) -> list[Examples]:
    features = [dict(part.features) for part in self._parts]
    read = set()
    for index, network in enumerate(self._networks):
      with contextlib.closing(network):
        for of_part, part in zip(features, self._visible, strict=True):
          of_part[encoders.output_key(index)] = _outputs(part, network)
      read |= {*network.reads}
    for of_part in features:
      for name in read - _read_by_columns(self._encoder):
        del of_part[name]
    return [
      dataclasses.replace(part, features=of_part)
      for part, of_part in zip(self._parts, features, strict=True)
    ]


def _read_by(examples, application: Application, info) -> list[str]:
  """Returns the features that an application reads."""
  signature = application.signature_of(info)
  seen = application.select(examples.specs())
  tokenizer = application.adapter.tokenizer
  if tokenizer is not None:
    return tokenizer.strings(seen)
  matched = adapters.match_features(application.adapter, signature, seen)
  return list(matched.values())


def _read_by_columns(encoder: Any) -> set[str]:
  if isinstance(encoder, encoders.Columns):
    return {column.key for column in encoder.columns}
  if isinstance(encoder, encoders.Concat):
    return set().union(*(_read_by_columns(e) for e in encoder.encoders))
  return set()


# --- On disk -----------------------------------------------------------------


def _outputs(examples, network: "_Network") -> np.ndarray:
  """Returns float32 [examples, width], read from disk or computed now."""
  directory = cache_dir()
  directory.mkdir(parents=True, exist_ok=True)
  key = _key(examples, network)
  with _locked(directory / f"{key}.lock"):
    for left in directory.glob(f".{key}-*"):  # By a process that was killed.
      shutil.rmtree(left, ignore_errors=True)
    found = _load(directory / key)
    if found is None:
      started = time.monotonic()
      _write(directory / key, network.outputs(examples))
      _log.info(
        "Computed the outputs of %r for %d examples in %.1f s; they are kept.",
        str(network.application.module.handle),
        len(examples),
        time.monotonic() - started,
      )
      found = _load(directory / key)
    os.utime(directory / key)
  _evict(directory, keep=key)
  return found


def _key(examples, network: "_Network") -> str:
  """Returns the name of an entry: of the network, then of the examples."""
  digest = hashlib.sha256()
  for name in network.reads:
    column = examples.features[name]
    digest.update(f"{name} {column.dtype} {column.shape}\n".encode())
    for first in range(0, len(column), _CHUNK_ROWS):
      rows = column[first : first + _CHUNK_ROWS]
      if rows.dtype.kind == "O":
        for value in rows.ravel():
          digest.update(f"{len(value)} ".encode() + value)
      else:
        digest.update(np.ascontiguousarray(rows))
  return f"{network.key}-{digest.hexdigest()[:_KEY_DIGITS]}"


def _width(network: "_Network") -> int:
  """Returns the width of a network's output; its graph is built where none was yet.

  Others that ask for it, workers of a sweep say, read what the first writes.

  Raises:
    NotKept: the outputs aren't provably the same each time; nothing is written.
  """
  path = cache_dir() / f"{network.key}.width"

  def told(width: int) -> str:
    digest = hashlib.sha256(f"{network.key} {width}".encode()).hexdigest()
    return f"{width} {digest}\n"

  with contextlib.suppress(OSError, ValueError):
    text = path.read_text()
    width = int(text.split(" ")[0])
    if text == told(width):  # It isn't damaged.
      return width
  width = network.width
  with contextlib.suppress(OSError):
    write_text(path, told(width))
  return width


@contextlib.contextmanager
def _locked(path: pathlib.Path) -> Iterator[None]:
  """Lets one process compute a key while the others wait for it."""
  with open(path, "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _load(entry: pathlib.Path) -> np.ndarray | None:
  """Returns the array of an entry, or None where it is absent or damaged."""
  try:
    told = json.loads((entry / "entry.json").read_text())
    path = entry / "outputs.npy"
    if _sha256(path) != told["sha256"]:
      raise ValueError("its checksum is another")
    return np.load(path, mmap_mode="r")
  except FileNotFoundError:
    pass
  except (OSError, ValueError, KeyError) as error:
    _log.warning(
      "Features in %s are damaged (%s); computed anew.", entry, error
    )
  shutil.rmtree(entry, ignore_errors=True)
  return None


def _write(entry: pathlib.Path, batches: Iterator[np.ndarray]) -> None:
  """Writes an entry, whole or not at all, batch by batch."""
  with tempfile.TemporaryDirectory(
    dir=entry.parent, prefix=f".{entry.name}-"
  ) as scratch:
    partial = pathlib.Path(scratch) / entry.name
    partial.mkdir()
    path = partial / "outputs.npy"
    _write_npy(path, batches)
    told = {"sha256": _sha256(path)}
    (partial / "entry.json").write_text(json.dumps(told))
    for file in partial.iterdir():
      with file.open("rb") as stream:
        os.fsync(stream.fileno())
    os.rename(partial, entry)


def _write_npy(path: pathlib.Path, batches: Iterator[np.ndarray]) -> None:
  """Writes batches as one array; its header is of a fixed size, and comes last."""
  rows, width = 0, 0
  with path.open("wb") as stream:
    _write_header(stream, 0, 0)
    for batch in batches:
      stream.write(np.ascontiguousarray(batch, np.float32).tobytes())
      rows, width = rows + len(batch), batch.shape[1]
    stream.seek(0)
    _write_header(stream, rows, width)


def _write_header(stream, rows: int, width: int) -> None:
  shape = f"({rows:20d}, {width:10d})"
  text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
  header = text.ljust(117) + "\n"
  stream.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
  stream.write(header.encode())


def _sha256(path: pathlib.Path) -> str:
  with path.open("rb") as stream:
    return hashlib.file_digest(stream, "sha256").hexdigest()


def _evict(directory: pathlib.Path, *, keep: str) -> None:
  """Removes the entries that were used longest ago, above the bound."""
  entries = []
  for entry in directory.iterdir():
    file = entry / "outputs.npy"
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
      entries.append((entry.stat().st_mtime, file.stat().st_size, entry))
  total = sum(size for _, size, _ in entries)
  for _, size, entry in sorted(entries):
    if total <= max_bytes():
      return
    if entry.name != keep:
      # A process that has it open goes on reading: the file lives as long.
      shutil.rmtree(entry, ignore_errors=True)
      total -= size


# --- Computing ---------------------------------------------------------------


class _Network:
  """A module's graph of inference and its session, each made once and when needed.

  Attributes:
    application: of the module.
    reads: names of the features that it reads.
    key: of all that its outputs hang on beside the examples.
  """

  def __init__(
    self, application: Application, info: ModuleInfo, examples: Examples
  ):
    """Makes one.

    Args:
      application: of the module.
      info: of the module.
      examples: with the features that all have.
    """
    self.application = application
    self.reads = sorted(_read_by(examples, application, info))
    source = application.module
    parts = (
      _FORMAT,
      tf.__version__,
      info.fingerprint,
      source.signature,
      application.output_of(info),
      sorted(source.inference_tags),
      application.adapter,
      info.image_size,
      {name: str(examples.specs()[name]) for name in self.reads},
    )
    self.key = hashlib.sha256(repr(parts).encode()).hexdigest()[:_KEY_DIGITS]
    self._info = info
    self._specs = {name: examples.specs()[name] for name in self.reads}
    self._built: networks.Network | None = None

  @property
  def width(self) -> int:
    """Of the output, by its graph."""
    return self._network.outputs[_OUTPUT].shape.as_list()[-1]

  def outputs(self, examples: Examples) -> Iterator[np.ndarray]:
    """Yields float32 [batch, width] in the order of the examples."""
    batches = (
      {n: examples.features[n][first : first + _BATCH] for n in self.reads}
      for first in range(0, len(examples), _BATCH)
    )
    for outputs in self._network.run(batches):
      yield outputs[_OUTPUT]

  def close(self) -> None:
    if self._built is not None:
      self._built.close()

  @property
  def _network(self) -> networks.Network:
    if self._built is None:
      made = networks.Network(self._specs, self._build)
      random = _random_ops(made.outputs[_OUTPUT])
      if random:
        raise NotKept(
          f"module {self.application.module.name!r} draws at random "
          f"({', '.join(random)})"
        )
      self._built = made
    return self._built

  def _build(self, features: networks.Tensors) -> networks.Tensors:
    application, info = self.application, self._info
    mode = estimator.ModeKeys.EVAL
    placed = modules.place(info, application.module, mode=mode)
    inputs = application.build_inputs(features, info, mode=mode)
    outputs, _ = placed.apply(inputs)
    output = outputs[application.output_of(info)]
    return {_OUTPUT: adapters.build_head_input(application.adapter, output)}


def _random_ops(output: tf.Tensor) -> list[str]:
  """Returns the types of ops that draw, among what a tensor is computed from.

  Of functions in control flow, all in the graph are looked at.
  """
  seen, todo = set(), [output.op]
  while todo:
    op = todo.pop()
    if op not in seen:
      seen.add(op)
      todo += [*(tensor.op for tensor in op.inputs), *op.control_inputs]
  types = {op.type for op in seen}
  for function in output.graph.as_graph_def().library.function:
    types |= {node.op for node in function.node_def}
  return sorted(t for t in types if t.startswith(_RANDOM))
