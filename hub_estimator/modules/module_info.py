"""What a module offers, read from its files without creating a variable."""

import dataclasses
import functools
import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from hub_estimator import handles
from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.graphs import variable_name
from hub_estimator.modules import saved_models
from hub_estimator.modules.new_modules import NewModule
from hub_estimator.tensorflow_runtime import (
  hub,
  hub_internals,
  op_def_registry,
  tf,
)

# Ops that TensorFlow doesn't register itself, and who does.
_PACKAGE_OF_OP = {
  "CaseFoldUTF8": "tensorflow-text",
  "ConstrainedSequence": "tensorflow-text",
  "NormalizeUTF8": "tensorflow-text",
  "NormalizeUTF8WithOffsetsMap": "tensorflow-text",
  "RegexSplitWithOffsets": "tensorflow-text",
  "RougeL": "tensorflow-text",
  "SentenceFragments": "tensorflow-text",
  "SplitMergeTokenizeWithOffsets": "tensorflow-text",
  "SimpleMLCreateModelResource": "tensorflow-decision-forests",
}
_PACKAGE_OF_PREFIX = {
  "Addons>": "tensorflow-addons",
  "FastBert": "tensorflow-text",
  "FastWordpiece": "tensorflow-text",
  "IO>": "tensorflow-io",
  "Sentencepiece": "tensorflow-text",
  "SimpleML": "tensorflow-decision-forests",
  "TFText>": "tensorflow-text",
  "UnicodeScriptTokenize": "tensorflow-text",
  "WhitespaceTokenize": "tensorflow-text",
  "Wordpiece": "tensorflow-text",
}


@dataclasses.dataclass(frozen=True)
class TensorInfo:
  """dtype by name, and the shape, None where a dimension or all is unknown."""

  dtype: str
  shape: tuple[int | None, ...] | None
  kind: str = "dense"

  def __str__(self) -> str:
    shape = "unknown rank" if self.shape is None else list(self.shape)
    kind = "" if self.kind == "dense" else f"{self.kind} "
    return f"{kind}{self.dtype} {shape}"


@dataclasses.dataclass(frozen=True)
class VariableInfo:
  """A stored variable: shape, dtype by name, and if fine-tuning moves it."""

  shape: tuple[int | None, ...]
  dtype: str
  trainable: bool


@dataclasses.dataclass(frozen=True)
class SignatureInfo:
  """Names and types of what goes in and comes out."""

  inputs: Mapping[str, TensorInfo]
  outputs: Mapping[str, TensorInfo]


@dataclasses.dataclass(frozen=True)
class VariantInfo:
  """A graph variant.

  Attributes:
    tags: the set that names it, `frozenset()` for the default.
    signatures: by name.
    variables: by the name that they have in the module's checkpoint.
    regularization_losses: names of tensors in the module's own graph.
    update_ops: names, likewise.
    tables: names of the ops that initialise tables.
    ops: types of all ops in the graph.
  """

  tags: frozenset[str]
  signatures: Mapping[str, SignatureInfo]
  variables: Mapping[str, VariableInfo]
  regularization_losses: tuple[str, ...]
  update_ops: tuple[str, ...]
  tables: tuple[str, ...]
  ops: frozenset[str]


@dataclasses.dataclass(frozen=True)
class ModuleInfo:
  """What a module offers.

  Attributes:
    handle: what the user wrote.
    path: the directory it was read from, for a SavedModel of TensorFlow 2 that
      of the TF1 Hub module that was made of it; None for a module that is made
      by a module_fn and stored nowhere.
    fingerprint: sha256 of its content, hex.
    variants: by tags.
    image_size: (height, width) from the attached image info, else None.
    spec: the `hub.ModuleSpec`, parsed once for all graphs that need it.
  """

  handle: str
  path: str | None
  fingerprint: str
  variants: Mapping[frozenset[str], VariantInfo]
  image_size: tuple[int, int] | None
  spec: Any = dataclasses.field(repr=False, compare=False)

  def variant(self, tags: Collection[str] = ()) -> VariantInfo:
    """Returns the variant whose tags are exactly `tags`.

    Raises:
      UserError: there is none.
    """
    found = self.variants.get(frozenset(tags))
    if found is None:
      raise UserError(
        f"Module {self.handle!r} has no graph variant with tags "
        f"{sorted(tags)}; it has: {self.tags_text()}."
      )
    return found

  def tags_text(self) -> str:
    return ", ".join(str(sorted(t)) for t in sorted(self.variants, key=sorted))

  def signature(self, name: str, tags: Collection[str] = ()) -> SignatureInfo:
    """Returns a signature of a variant.

    Raises:
      UserError: there is none by that name.
    """
    signatures = self.variant(tags).signatures
    if name not in signatures:
      raise UserError(
        f"Module {self.handle!r} has no signature {name!r}; "
        + nearest(name, signatures)
      )
    return signatures[name]

  def output(
    self, signature: str, name: str | None, tags: Collection[str] = ()
  ) -> str:
    """Returns an output's name; None means "default", or the only one.

    Raises:
      UserError: there is none by that name, or None leaves a choice.
    """
    outputs = self.signature(signature, tags).outputs
    if name is None:
      if "default" in outputs:
        return "default"
      if len(outputs) == 1:
        return next(iter(outputs))
      raise UserError(
        f"Signature {signature!r} of module {self.handle!r} has no output "
        f"'default'; name one with module.output: {', '.join(sorted(outputs))}."
      )
    if name not in outputs:
      raise UserError(
        f"Signature {signature!r} of module {self.handle!r} has no output "
        f"{name!r}; {nearest(name, outputs)}"
      )
    return name

  def missing_ops(self) -> list[str]:
    """Returns the custom ops that this process lacks, sorted."""
    return sorted(
      op
      for op in set().union(*(v.ops for v in self.variants.values()))
      if not _is_registered(op)
    )

  def check_ops_registered(self) -> None:
    """Raises a UserError that names the custom ops this process lacks."""
    missing = self.missing_ops()
    if missing:
      packages = sorted({_package_of(op) for op in missing} - {None})
      how = (
        f"they come with {', '.join(packages)}: pip install it and add "
        f"'import {packages[0].replace('-', '_')}' to the gin file"
        if packages
        else "import the Python package that registers them in the gin file"
      )
      raise UserError(
        f"Module {self.handle!r} needs ops that are not registered in this "
        f"process: {', '.join(missing)}; {how}."
      )


@functools.lru_cache(maxsize=32)
def _read(resolved: handles.ResolvedHandle) -> ModuleInfo:
  path = resolved.path
  if not resolved.is_tf1_module:
    path = saved_models.convert(resolved)
  try:
    spec = hub.load_module_spec(path)
  except Exception as error:
    raise UserError(
      f"Module {resolved.handle!r} ({resolved.path}) can't be read: "
      f"{type(error).__name__}: {one_line(error)}"
    ) from error
  return ModuleInfo(
    handle=resolved.handle,
    path=path,
    fingerprint=resolved.fingerprint,
    variants=_variants(spec),
    image_size=_image_size(spec),
    spec=spec,
  )


def read_module_info(handle: str | NewModule) -> ModuleInfo:
  """Returns what the module at `handle` offers, or a new one will.

  Raises:
    UserError: it can't be found, read or made.
  """
  if not isinstance(handle, NewModule):
    return _read(handles.resolve(handle))
  spec = handle.make_spec()
  variants = _variants(spec)
  return ModuleInfo(
    handle=str(handle),
    path=None,
    fingerprint=_fingerprint(spec, variants),
    variants=variants,
    image_size=_image_size(spec),
    spec=spec,
  )


def _variants(spec) -> dict[frozenset[str], VariantInfo]:
  graphs = hub_internals.meta_graphs(spec)
  variants = [_variant(spec, graph) for graph in graphs]
  return {v.tags: v for v in variants}


def _fingerprint(spec, variants) -> str:
  """Returns a digest of graphs that another process builds alike.

  Names of functions are left out: TensorFlow numbers them by process.
  """
  digest = hashlib.sha256()
  for graph in hub_internals.meta_graphs(spec):
    variant = variants[frozenset(graph.meta_info_def.tags)]
    digest.update(repr((sorted(variant.tags), variant.variables)).encode())
    digest.update(repr(sorted(variant.signatures.items())).encode())
    for node in graph.graph_def.node:
      digest.update(f"{node.name} {node.op}\n".encode())
  return digest.hexdigest()


def _variant(spec, graph) -> VariantInfo:
  tags = frozenset(graph.meta_info_def.tags)

  def signature(name):
    return SignatureInfo(
      inputs=_tensor_infos(spec.get_input_info_dict(name, tags)),
      outputs=_tensor_infos(spec.get_output_info_dict(name, tags)),
    )

  keys = tf.GraphKeys
  trainable = {
    variable_name(v) for v in _values(graph, keys.TRAINABLE_VARIABLES)
  }
  shapes = {
    node.name: node.attr
    for node in graph.graph_def.node
    if "shape" in node.attr
  }
  variables = {}
  for value in _values(graph, keys.GLOBAL_VARIABLES):
    name = variable_name(value)
    attr = shapes[name]
    dims = attr["shape"].shape
    variables[name] = VariableInfo(
      shape=tuple(None if d.size < 0 else d.size for d in dims.dim),
      dtype=tf.as_dtype(attr["dtype"].type).name,
      trainable=name in trainable,
    )
  functions = graph.graph_def.library.function
  ops = {node.op for node in graph.graph_def.node}
  ops.update(node.op for function in functions for node in function.node_def)
  ops -= {function.signature.name for function in functions}
  return VariantInfo(
    tags=tags,
    signatures={
      name: signature(name) for name in spec.get_signature_names(tags)
    },
    variables=variables,
    regularization_losses=tuple(_values(graph, keys.REGULARIZATION_LOSSES)),
    update_ops=tuple(_values(graph, keys.UPDATE_OPS)),
    tables=tuple(_values(graph, keys.TABLE_INITIALIZERS)),
    ops=frozenset(ops),
  )


def _values(graph, key):
  if key not in graph.collection_def:
    return []
  collection = graph.collection_def[key]
  return getattr(collection, collection.WhichOneof("kind")).value


def _tensor_infos(infos) -> dict[str, TensorInfo]:
  result = {}
  for name, info in sorted(infos.items()):
    shape = info.get_shape()
    kind = type(info).__name__
    result[name] = TensorInfo(
      dtype=info.dtype.name,
      shape=None if shape.rank is None else tuple(shape.as_list()),
      kind="sparse"
      if getattr(info, "is_sparse", False)
      else ("composite" if "Spec" in kind else "dense"),
    )
  return result


def _image_size(spec) -> tuple[int, int] | None:
  for tags in spec.get_tags():
    info = spec.get_attached_message(
      "image_module_info", hub.ImageModuleInfo, tags=tags
    )
    if info and info.default_image_size.height:
      return info.default_image_size.height, info.default_image_size.width
  return None


def _is_registered(op: str) -> bool:
  return op_def_registry.get(op) is not None


def _package_of(op: str) -> str | None:
  if op in _PACKAGE_OF_OP:
    return _PACKAGE_OF_OP[op]
  for prefix, package in _PACKAGE_OF_PREFIX.items():
    if op.startswith(prefix):
      return package
  return None
