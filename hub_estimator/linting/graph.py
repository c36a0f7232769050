"""The stored graph of one variant, as the checks read it."""

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from hub_estimator.graphs import owner, reach, tensor_names
from hub_estimator.modules import (
  TRAIN_TAG,
  ModuleInfo,
  VariantInfo,
  random_outputs,
)
from hub_estimator.tensorflow_runtime import hub_internals, tf

FUSED_BATCH_NORM_OPS = re.compile(r"FusedBatchNorm(V\d)?$")


class Graph:
  """The graph of one variant.

  Attributes:
    variant: the variant's description.
    where: the variant as findings name it.
    is_training: whether its tags contain "train".
    nodes: NodeDefs by name.
    signatures: SignatureDefs by name.
  """

  def __init__(self, info: ModuleInfo, variant: VariantInfo) -> None:
    """Reads the graph.

    Args:
      info: the module's description.
      variant: one of its variants.
    """
    meta_graph = hub_internals.meta_graph(info.spec, variant.tags)
    self.variant = variant
    self._info = info
    self.where = f"variant {sorted(variant.tags)}"
    self.is_training = TRAIN_TAG in variant.tags
    self.nodes: dict[str, Any] = {
      node.name: node for node in meta_graph.graph_def.node
    }
    self.signatures: Mapping[str, Any] = meta_graph.signature_def

  def node(self, name: str) -> Any | None:
    """Returns the node that a tensor or an input names, or None."""
    return self.nodes.get(owner(name))

  def reach(self, roots: Iterable[str]) -> set[str]:
    """Returns the names of `roots` and of all nodes that they depend on."""
    return reach(self.nodes, roots)

  def ops(self, names: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    """Returns the nodes among `names` whose op matches `pattern`, sorted."""
    return sorted(n for n in names if pattern.match(self.nodes[n].op))

  @functools.cached_property
  def reached_by_outputs(self) -> set[str]:
    """The names of all nodes that an output of a signature depends on."""
    return self.reach(
      name
      for signature in self.signatures.values()
      for name in tensors_of(signature.outputs)
    )

  @functools.cached_property
  def random_outputs(self) -> Mapping[str, Mapping[str, list[str]]]:
    """The types of random ops, by signature and by the output that draws by them."""
    return random_outputs(self._info, self.variant.tags)

  def variables(self, names: Iterable[str]) -> set[str]:
    """Returns the stored variables among `names`."""
    return set(names) & set(self.variant.variables)

  def scalar(self, name: str) -> float | None:
    """Returns the value of a float constant with one element, or None."""
    node = self.node(name)
    if node is None or node.op != "Const":
      return None
    value = tf.make_ndarray(node.attr["value"].tensor)
    if value.size != 1 or value.dtype.kind != "f":
      return None
    return float(value.reshape(()))


def tensors_of(infos: Mapping[str, Any]) -> list[str]:
  """Returns the names of the tensors in a signature's inputs or outputs."""
  return [name for info in infos.values() for name in tensor_names(info)]
