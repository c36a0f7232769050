"""Everything that the library uses of TF Hub beyond its public API.

`tensorflow-hub` 0.15.0 is the last release with `hub.Module`. Its public API
neither shows the graphs behind a `ModuleSpec` nor exports one with variables
that are not in a session. The functions here do so; if one of Hub's private
names changes, this file and its test are the only ones to fail.
"""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tensorflow_hub import estimator as hub_registering
from tensorflow_hub import module as hub_module
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


@dataclasses.dataclass(frozen=True)
class ModuleCall:
  """One application of a module.

  Attributes:
    module: the `hub.Module`.
    signature: its name.
    inputs: tensors by the signature's input.
    outputs: tensors by the signature's output.
  """

  module: hub.Module
  signature: str
  inputs: Mapping[str, Any]
  outputs: Mapping[str, Any]


@contextlib.contextmanager
def recorded_calls(
  after_call: Callable[[], None] = lambda: None,
) -> Iterator[list[ModuleCall]]:
  """Yields a list to which each application of a `hub.Module` is added.

  The graph doesn't tell which tensors were fed to a module: its placeholders are
  replaced by them. So the calls are watched while the block runs.

  Args:
    after_call: is called after each application.
  """
  calls: list[ModuleCall] = []
  call = hub.Module.__call__

  def recording(
    module: hub.Module,
    inputs: Any = None,
    _sentinel: Any = None,
    signature: str | None = None,
    as_dict: bool | None = None,
  ) -> Any:
    outputs = call(module, inputs, _sentinel, signature, as_dict=True)
    infos = module.get_input_info_dict(signature)
    calls.append(
      ModuleCall(
        module,
        "default" if signature is None else signature,
        hub_module._convert_dict_inputs(inputs, infos),
        outputs,
      )
    )
    after_call()
    return hub_module._prepare_outputs(outputs, as_dict=as_dict)

  hub.Module.__call__ = recording
  try:
    yield calls
  finally:
    hub.Module.__call__ = call


def registered_modules() -> list[tuple[str, hub.Module]]:
  """Returns (export name, module) of the modules registered in the current graph."""
  return list(tf.get_collection(hub_registering._EXPORT_MODULES_COLLECTION))


def state_scope(module: hub.Module) -> str:
  """Returns the scope of a module's variables; its name if it has none."""
  for name, variable in module.variable_map.items():
    first = variable[0] if isinstance(variable, list) else variable
    return str(first.op.name).split(f"/{name}")[0]
  return str(module._name)


def tags_of(module: hub.Module) -> frozenset[str]:
  """Returns the tags of the variant that a module has instantiated."""
  return frozenset(module._tags)


def is_trainable(module: hub.Module) -> bool:
  """Returns whether a module's variables are trained."""
  return bool(module._trainable)


def spec_of(module: hub.Module) -> hub.ModuleSpec:
  """Returns the spec that a module was made from."""
  return module._spec


def stored_at(spec: hub.ModuleSpec) -> str | None:
  """Returns the directory that a module was loaded from; None if it isn't stored."""
  variables = getattr(spec, "_checkpoint_variables_path", None)
  if not variables:
    return None
  return os.path.dirname(os.path.dirname(os.fsdecode(variables)))


def tensor_types(infos: Mapping[str, tf.TensorInfo]) -> Mapping[str, Any]:
  """Returns the types of a signature's inputs or outputs, of any kind, by name.

  Args:
    infos: of a SavedModel; those of RaggedTensors have no dtype of their own.

  Returns:
    Each has a `dtype`, a shape by `get_shape()`, and `is_sparse` and `is_composite`,
    which is also true for SparseTensors.
  """
  return tensor_info.parse_tensor_info_map(infos)
