"""A SavedModel of TensorFlow 1 as a TF1 Hub module.

Each of its graphs becomes a variant, with the graph's tags except "serve";
signatures keep their names. Nodes that no signature, loss or update reads, such as
an optimizer's slots, are left out. A graph that was saved for serving has no training
mode, and often no list of its trainable variables; the module has none either.
"""

import os
import pathlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.graphs import owner, tensor_names
from hub_estimator.modules.saved_models.plain_graph import (
  DEFAULT,
  main_signature,
)
from hub_estimator.modules.saved_models.pruning import (
  NODE_COLLECTIONS,
  node_list,
  prune,
)
from hub_estimator.tensorflow_runtime import hub, tf

_SERVE = "serve"


def write_module(source_path: str, path: str) -> None:
  """Writes a SavedModel as a TF1 Hub module.

  If it has no signature "default", the module's is "serving_default", or else the
  first by name.

  Args:
    source_path: the directory of the SavedModel.
    path: a directory that doesn't exist yet.

  Raises:
    UserError: a graph has no signature, or reads something that a module can't
      store.
  """
  graphs = _read_graphs(source_path)

  def module_fn(tags: frozenset[str]) -> None:
    _build_module(graphs[tags], pathlib.Path(source_path, "assets"))

  spec = hub.create_module_spec(
    module_fn, tags_and_args=[(set(tags), {"tags": tags}) for tags in graphs]
  )
  prefix = os.path.join(source_path, "variables", "variables")
  if os.path.isfile(f"{prefix}.index"):
    spec.export(path, checkpoint_path=prefix)
    return
  with tf.Graph().as_default(), tf.Session() as session:
    hub.Module(spec, tags=set(next(iter(graphs)))).export(path, session)


def _read_graphs(source_path: str) -> dict[frozenset[str], Any]:
  """Returns MetaGraphDefs by the tags of their variants."""
  from tensorflow.core.protobuf import saved_model_pb2

  proto = saved_model_pb2.SavedModel.FromString(
    pathlib.Path(source_path, "saved_model.pb").read_bytes()
  )
  graphs: dict[frozenset[str], Any] = {}
  for graph in proto.meta_graphs:
    tags = frozenset(graph.meta_info_def.tags) - {_SERVE}
    if tags in graphs:
      raise UserError(
        f"it has two graphs with the tags {sorted(tags)} beside {_SERVE!r}."
      )
    graphs[tags] = graph
  return graphs


def _build_module(meta_graph: Any, assets: pathlib.Path) -> None:
  """Adds a graph to the current graph, as a module_fn does."""
  signatures = _signatures(meta_graph)
  files = _asset_files(meta_graph, assets)
  pruned, tables = prune(meta_graph, signatures, files)
  tf.train.import_meta_graph(pruned, clear_devices=True)
  _collect(
    {key: node_list(meta_graph, key) for key in NODE_COLLECTIONS}
    | {
      tf.GraphKeys.TABLE_INITIALIZERS: tables,
      tf.GraphKeys.ASSET_FILEPATHS: list(files),
    },
    names={node.name for node in pruned.graph_def.node},
  )
  for name, signature in signatures.items():
    hub.add_signature(
      name,
      inputs=_tensors(signature.inputs),
      outputs=_tensors(signature.outputs),
    )


def _signatures(meta_graph: Any) -> dict[str, Any]:
  """Returns the SignatureDefs with outputs by name, "default" among them."""
  signatures = {
    name: signature
    for name, signature in meta_graph.signature_def.items()
    if not name.startswith("__") and signature.outputs
  }
  if not signatures:
    raise UserError(
      f"its graph {sorted(meta_graph.meta_info_def.tags)} has no signature."
    )
  if DEFAULT not in signatures:
    signatures[DEFAULT] = signatures[main_signature(signatures)]
  return signatures


def _asset_files(meta_graph: Any, assets: pathlib.Path) -> dict[str, str]:
  """Returns paths by the name of the tensor that holds them."""
  from tensorflow.core.protobuf import meta_graph_pb2

  collected = meta_graph.collection_def["saved_model_assets"].any_list.value
  found = list(meta_graph.asset_file_def) or [
    meta_graph_pb2.AssetFileDef.FromString(packed.value) for packed in collected
  ]
  return {a.tensor_info.name: str(assets / a.filename) for a in found}


def _collect(
  collections: Mapping[str, Sequence[str]], *, names: Collection[str]
) -> None:
  """Adds the tensors and ops of nodes in `names` to collections."""
  graph = tf.get_default_graph()
  for key, elements in collections.items():
    for element in elements:
      if owner(element) in names:
        tf.add_to_collection(key, graph.as_graph_element(element))


def _tensors(
  infos: Mapping[str, Any],
) -> dict[str, tf.Tensor | tf.SparseTensor]:
  """Returns the tensors of TensorInfos in the current graph."""
  graph = tf.get_default_graph()
  tensors = {}
  for name, info in infos.items():
    values, *places = map(graph.get_tensor_by_name, tensor_names(info))
    tensors[name] = (
      tf.SparseTensor(places[0], values, places[1]) if places else values
    )
  return tensors
