"""The network that computes one module's outputs in inference."""

import hashlib
from collections.abc import Iterator

import numpy as np

from hub_estimator import modules, pictures
from hub_estimator.features.keepable import NotKept
from hub_estimator.graphs import find_random_ops, networks
from hub_estimator.inputs import Examples, lengths_of
from hub_estimator.model import Application
from hub_estimator.modules import ModuleInfo
from hub_estimator.preprocessing import adapters, tokenizers
from hub_estimator.tensorflow_runtime import estimator, tf

# Increase it if the same key is to mean other numbers.
_FORMAT = 3
_KEY_DIGITS = 32
_HASHED_ROWS = 1024
_OUTPUT = "output"


class Network:
  """A module's graph and its session, each made once it is needed.

  Attributes:
    application: of the module.
    reads: names of the features that it reads.
    key: of everything that its outputs depend on, except the examples.
  """

  def __init__(
    self, application: Application, info: ModuleInfo, examples: Examples
  ) -> None:
    """Creates a network without building its graph.

    Args:
      application: of the module.
      info: of the module.
      examples: any that have the features of those to come.
    """
    specs = examples.specs()
    application = application.fitted(specs, info)
    self.application = application
    self.reads = sorted(_read_features(examples, application, info))
    self._info = info
    self._specs = {name: specs[name] for name in self.reads}
    self._built: networks.Network | None = None
    source = application.module
    parts: tuple[object, ...] = (
      _FORMAT,
      pictures.RULES,
      tf.__version__,
      info.fingerprint,
      source.signature,
      application.output_of(info),
      sorted(source.inference_tags),
      application.adapter,
      info.image_size,
      {name: str(spec) for name, spec in self._specs.items()},
    )
    mask = application.mask_of(info)
    if mask is not None:  # Other outputs keep the keys of earlier versions.
      parts = (*parts, mask)
    if application.adapter.tokenizer is not None:
      parts = (*parts, tokenizers.RULES)
    self.key = hashlib.sha256(repr(parts).encode()).hexdigest()[:_KEY_DIGITS]

  def key_of(self, examples: Examples) -> str:
    """Returns the key of the outputs for some examples."""
    digest = hashlib.sha256()
    for name in self.reads:
      column = examples.features[name]
      digest.update(f"{name} {column.dtype} {column.shape}\n".encode())
      if None in column.shape:
        digest.update(lengths_of(column).tobytes())
      for first in range(0, len(column), _HASHED_ROWS):
        rows = column[first : first + _HASHED_ROWS]
        if rows.dtype.kind == "O":
          for value in rows.ravel():
            digest.update(f"{len(value)} ".encode() + value)
        else:
          digest.update(np.ascontiguousarray(rows))
    return f"{self.key}-{digest.hexdigest()[:_KEY_DIGITS]}"

  @property
  def width(self) -> int:
    """The width of the output; builds the graph.

    Raises:
      NotKept: the module draws random numbers.
    """
    return self._network.outputs[_OUTPUT].shape.as_list()[-1]

  def outputs(
    self, examples: Examples, *, batch_size: int
  ) -> Iterator[np.ndarray]:
    """Yields float32 [batch, width] in the order of the examples.

    Args:
      examples: have all features that the network reads.
      batch_size: of all batches except the last.

    Raises:
      NotKept: the module draws random numbers.
    """
    batches = (
      {
        name: examples.features[name][first : first + batch_size]
        for name in self.reads
      }
      for first in range(0, len(examples), batch_size)
    )
    for outputs in self._network.run(batches):
      yield outputs[_OUTPUT]

  def close(self) -> None:
    """Frees the session."""
    if self._built is not None:
      self._built.close()

  @property
  def _network(self) -> networks.Network:
    if self._built is None:
      network = networks.Network(self._specs, self._build)
      output = network.outputs[_OUTPUT]
      random_ops = find_random_ops(
        output.graph.as_graph_def(), {_OUTPUT: [output.name]}
      )
      if random_ops:
        raise NotKept(
          f"module {self.application.module.name!r} draws at random "
          f"({', '.join(random_ops[_OUTPUT])})"
        )
      self._built = network
    return self._built

  def _build(self, features: networks.Tensors) -> networks.Tensors:
    application, info = self.application, self._info
    mode = estimator.ModeKeys.EVAL
    placed = modules.place(info, application.module, mode=mode)
    inputs = application.build_inputs(features, info, mode=mode)
    outputs, _ = placed.apply(inputs)
    return {_OUTPUT: application.build_head_input([(inputs, outputs)], info)}


def _read_features(
  examples: Examples, application: Application, info: ModuleInfo
) -> list[str]:
  """Returns the names of the features that an application reads."""
  signature = application.signature_of(info)
  seen = application.select(examples.specs())
  adapter = application.adapter
  if adapter.tokenizer is not None:
    return adapter.tokenizer.strings(seen)
  return list(adapters.match_features(adapter, signature, seen).values())
