"""Everything that the library uses of TF Hub beyond its public API.

`tensorflow-hub` 0.15.0 is the last release with `hub.Module`. Its public API
neither shows the graphs behind a `ModuleSpec` nor exports one with variables
that are not in a session. The functions here do so; if one of Hub's private
names changes, this file and its test are the only ones to fail.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tensorflow_hub import tensor_info
from tensorflow_hub.resolver import tfhub_cache_dir

from hub_estimator.tensorflow_runtime.loading import hub, tf


def module_cache_dir() -> str:
  """Returns the directory where `tensorflow_hub` caches modules.

  It is TFHUB_CACHE_DIR, or else a folder below the temporary directory.
  """
  return tfhub_cache_dir(use_temp=True)


def meta_graphs(spec: hub.ModuleSpec) -> Sequence[tf.MetaGraphDef]:
  """Returns the stored graphs of a module, one for each variant.

  They are the spec's own: a change to one shows in what the spec exports.
  """
  return tuple(spec._saved_model_handler.meta_graphs)


def meta_graph(spec: hub.ModuleSpec, tags: Iterable[str]) -> tf.MetaGraphDef:
  """Returns the stored graph of one variant of a module.

  Args:
    spec: the module.
    tags: those of the variant; empty for the default variant.

  Raises:
    KeyError: the module has no variant with exactly these tags.
  """
  return spec._saved_model_handler.get_meta_graph(tags=set(tags))


def attached_messages(spec: hub.ModuleSpec) -> list[str]:
  """Returns the sorted keys of the messages attached to any of the variants."""
  return sorted(set().union(*spec._module_attachments.values()))


def export_with(
  spec: hub.ModuleSpec, path: str, write_variables: Callable[[str], None]
) -> None:
  """Exports a module whose variables a function writes.

  `spec.export` would load all variables into a session to save them again.

  Args:
    spec: the module.
    path: the directory to make.
    write_variables: takes the prefix of a checkpoint, and writes it.
  """
  spec._export(path, write_variables)


def tensor_types(infos: Mapping[str, tf.TensorInfo]) -> Mapping[str, Any]:
  """Returns the types of a signature's inputs or outputs, of any kind, by name.

  Args:
    infos: of a SavedModel; those of RaggedTensors have no dtype of their own.

  Returns:
    Each has a `dtype`, a shape by `get_shape()`, and `is_sparse` and `is_composite`,
    which is also true for SparseTensors.
  """
  return tensor_info.parse_tensor_info_map(infos)
