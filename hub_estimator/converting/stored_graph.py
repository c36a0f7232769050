"""One variant of a stored module: its parts, ready for functions of TensorFlow 2."""

import dataclasses
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tensorflow.core.protobuf import struct_pb2

from hub_estimator.converting.functions import rename_functions
from hub_estimator.converting.gradient_paths import find_loops
from hub_estimator.converting.parts import Part, cut_out, full_name, reach_until
from hub_estimator.converting.references import replace_references
from hub_estimator.graphs import inline_functions, owner, reach, tensor_names
from hub_estimator.modules import ModuleInfo, VariantInfo
from hub_estimator.tensorflow_runtime import hub_internals, tf

TABLES = ("HashTableV2",)
_FILLS = ("InitializeTable", "LookupTableImport")


@dataclasses.dataclass(frozen=True)
class StoredSignature:
  """A signature: names of tensors by the names of its inputs and outputs.

  Attributes:
    inputs: one tensor for each.
    outputs: one tensor; several of a RaggedTensor: its values and row splits.
    ragged: the names of outputs that are RaggedTensors.
  """

  inputs: Mapping[str, str]
  outputs: Mapping[str, Sequence[str]]
  ragged: frozenset[str]

  @property
  def output_tensors(self) -> list[str]:
    """The tensors of all outputs, in their order."""
    return [tensor for names in self.outputs.values() for tensor in names]


class StoredGraph:
  """The graph of a variant, without references, colocations and calls.

  Attributes:
    signatures: by name.
    nodes: NodeDefs by name.
    assets: paths of files by the names of the tensors that hold the paths.
  """

  def __init__(self, info: ModuleInfo, variant: VariantInfo) -> None:
    """Reads the graph of a variant.

    Args:
      info: the module's description.
      variant: one of its variants.
    """
    stored = hub_internals.meta_graph(info.spec, variant.tags)
    self._variant = variant
    self.signatures = {
      name: _signature(stored.signature_def[name])
      for name in variant.signatures
    }
    self._graph_def = self._plain(stored.graph_def)
    self.nodes = {node.name: node for node in self._graph_def.node}
    self.assets = self._asset_paths(stored)
    handles = [*variant.variables, *self.tables()]
    self._handles = {f"{name}:0" for name in handles} | set(self.assets)

  def apply(self, signature: str) -> Part:
    """Returns the part that applies a signature, with its update ops.

    As for `hub.Module`, update ops that wait for the inputs of another signature
    aren't among them.
    """
    stored = self.signatures[signature]
    starts = self._starts(signature)
    updates = [
      op
      for op in dict.fromkeys(map(owner, self._variant.update_ops))
      if not self._unfed(starts, [f"^{op}"])
    ]
    return self._cut(starts, stored.output_tensors, updates)

  def unfed(self, signature: str) -> list[str]:
    """Returns the placeholders that outputs depend on and that are no inputs."""
    outputs = self.signatures[signature].output_tensors
    return self._unfed(self._starts(signature), outputs)

  def default_of(self, tensor: str) -> Any:
    """Returns the number that an input has if nothing is fed; None if it has none."""
    node = self.nodes[owner(tensor)]
    if node.op != "PlaceholderWithDefault":
      return None
    constant = self.nodes[owner(node.input[0])]
    if constant.op != "Const":
      return None
    value = tf.make_ndarray(constant.attr["value"].tensor)
    return value.item() if value.ndim == 0 else None

  def losses(self) -> list[Part]:
    """Returns the parts of regularization losses, without `unfed_losses`."""
    unfed = self.unfed_losses()
    return [
      self._cut(self._handles, [name])
      for name in self._variant.regularization_losses
      if name not in unfed
    ]

  def unfed_losses(self) -> list[str]:
    """Returns the regularization losses that depend on an input of a signature."""
    losses = self._variant.regularization_losses
    return [name for name in losses if self._unfed(self._handles, [name])]

  def loops(self, signature: str) -> list[str]:
    """Returns the ops of TensorFlow 1's loops and branches that gradients pass."""
    outputs = self.signatures[signature].output_tensors
    return find_loops(self.nodes, self._starts(signature), outputs)

  def tables(self) -> dict[str, tf.NodeDef]:
    """Returns the nodes that make tables, by name."""
    return {n: node for n, node in self.nodes.items() if node.op in TABLES}

  def fill(self, table: str) -> Part:
    """Returns the part that fills a table."""
    ops = [
      node.name
      for node in self.nodes.values()
      if node.op.startswith(_FILLS) and full_name(node.input[0]) == f"{table}:0"
    ]
    return self._cut(self._handles, ops=ops)

  def _cut(
    self,
    starts: Collection[str],
    outputs: Sequence[str] = (),
    ops: Sequence[str] = (),
  ) -> Part:
    return cut_out(self._graph_def, starts=starts, outputs=outputs, ops=ops)

  def _starts(self, signature: str) -> set[str]:
    return self._handles | set(self.signatures[signature].inputs.values())

  def _unfed(self, starts: Collection[str], roots: Iterable[str]) -> list[str]:
    """Returns the placeholders, sorted, for which nothing is given."""
    return sorted(
      name
      for name in reach_until(self.nodes, starts, roots)
      if self.nodes[name].op in ("Placeholder", "PlaceholderV2")
    )

  def _plain(self, graph_def: tf.GraphDef) -> tf.GraphDef:
    """Returns the nodes that the module needs, as functions can have them."""
    plain = inline_functions(graph_def)
    nodes = {node.name: node for node in plain.node}
    kept = reach(nodes, self._roots())
    del plain.node[:]
    for node in nodes.values():
      if node.name in kept:
        new = plain.node.add()
        new.CopyFrom(node)
        new.device = ""
        new.attr.pop("_class", None)
    plain = replace_references(plain)
    rename_functions(plain)
    return plain

  def _roots(self) -> list[str]:
    tensors = [
      name
      for signature in self.signatures.values()
      for name in (*signature.inputs.values(), *signature.output_tensors)
    ]
    return [
      *tensors,
      *self._variant.update_ops,
      *self._variant.regularization_losses,
      *self._variant.tables,
    ]

  def _asset_paths(self, stored: Any) -> dict[str, str]:
    """Returns paths by the name of the tensor that holds them."""
    key = tf.GraphKeys.ASSET_FILEPATHS
    if key not in stored.collection_def:  # To look it up would add it.
      return {}
    collected = stored.collection_def[key]
    return {
      name: os.fsdecode(
        self.nodes[owner(name)].attr["value"].tensor.string_val[0]
      )
      for name in collected.node_list.value
      if owner(name) in self.nodes
    }


def _signature(stored: Any) -> StoredSignature:
  """Returns a signature, whose inputs are dense, from its SignatureDef."""
  inputs, outputs = _names(stored.inputs), _names(stored.outputs)
  ragged = struct_pb2.TypeSpecProto.RAGGED_TENSOR_SPEC
  return StoredSignature(
    {name: tensors[0] for name, tensors in inputs.items()},
    outputs,
    frozenset(
      name
      for name, info in stored.outputs.items()
      if info.composite_tensor.type_spec.type_spec_class == ragged
    ),
  )


def _names(infos: Mapping[str, Any]) -> dict[str, list[str]]:
  """Returns the names of the tensors of inputs or outputs."""
  return {
    name: list(map(full_name, tensor_names(infos[name])))
    for name in sorted(infos)
  }
