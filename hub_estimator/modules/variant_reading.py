"""Reads the descriptions of variants from the graphs of a `hub.ModuleSpec`."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator.graphs import variable_name
from hub_estimator.modules import custom_ops
from hub_estimator.modules.variant_info import (
  SignatureInfo,
  TensorInfo,
  VariableInfo,
  VariantInfo,
)
from hub_estimator.tensorflow_runtime import hub, hub_internals, tf


def read_variants(
  spec: hub.ModuleSpec,
) -> dict[frozenset[str], VariantInfo]:
  """Returns the descriptions of all variants, by tags."""
  variants = [
    _variant(spec, graph) for graph in hub_internals.meta_graphs(spec)
  ]
  return {v.tags: v for v in variants}


def _variant(spec: hub.ModuleSpec, graph: Any) -> VariantInfo:
  tags = frozenset(graph.meta_info_def.tags)
  keys = tf.GraphKeys
  return VariantInfo(
    tags=tags,
    signatures={
      name: SignatureInfo(
        inputs=_tensor_infos(spec.get_input_info_dict(name, tags)),
        outputs=_tensor_infos(spec.get_output_info_dict(name, tags)),
      )
      for name in spec.get_signature_names(tags)
    },
    variables=_variables(graph),
    regularization_losses=tuple(_collected(graph, keys.REGULARIZATION_LOSSES)),
    update_ops=tuple(_collected(graph, keys.UPDATE_OPS)),
    tables=tuple(_collected(graph, keys.TABLE_INITIALIZERS)),
    ops=custom_ops.ops_of(graph),
  )


def _variables(graph: Any) -> dict[str, VariableInfo]:
  """Returns the variables of a MetaGraphDef, by name."""
  keys = tf.GraphKeys
  trainable = {
    variable_name(v) for v in _collected(graph, keys.TRAINABLE_VARIABLES)
  }
  attrs = {
    node.name: node.attr
    for node in graph.graph_def.node
    if "shape" in node.attr
  }
  variables = {}
  for value in _collected(graph, keys.GLOBAL_VARIABLES):
    name = variable_name(value)
    dims = attrs[name]["shape"].shape.dim
    variables[name] = VariableInfo(
      shape=tuple(None if d.size < 0 else d.size for d in dims),
      dtype=tf.as_dtype(attrs[name]["dtype"].type).name,
      trainable=name in trainable,
    )
  return variables


def _collected(graph: Any, key: str) -> Sequence[Any]:
  """Returns the values of a collection in a MetaGraphDef."""
  if key not in graph.collection_def:
    return ()
  collection = graph.collection_def[key]
  return getattr(collection, collection.WhichOneof("kind")).value


def _tensor_infos(infos: Mapping[str, Any]) -> dict[str, TensorInfo]:
  result = {}
  for name, info in sorted(infos.items()):
    shape = info.get_shape()
    kind = "composite" if info.is_composite else "dense"
    if info.is_sparse:
      kind = "sparse"
    result[name] = TensorInfo(
      dtype=info.dtype.name,
      shape=None if shape.rank is None else tuple(shape.as_list()),
      kind=kind,
    )
  return result
