"""Reads the description of a module from its files; creates no variables."""

import functools
import hashlib
from collections.abc import Mapping

from hub_estimator import handles
from hub_estimator.errors import UserError, one_line
from hub_estimator.modules import saved_models
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.new_modules import NewModule
from hub_estimator.modules.variant_info import VariantInfo
from hub_estimator.modules.variant_reading import read_variants
from hub_estimator.tensorflow_runtime import hub, hub_internals


def read_module_info(handle: str | NewModule) -> ModuleInfo:
  """Returns the description of a module.

  A SavedModel is described as the TF1 Hub module that it is converted to. Its first
  reading writes that module to the cache: see `saved_models.module_directory`.

  Args:
    handle: the handle of a TF1 Hub module or SavedModel, or a new module.

  Raises:
    UserError: it can't be found, read, converted or built.
  """
  if isinstance(handle, NewModule):
    return _describe_new(handle)
  return _describe_stored(handles.resolve(handle))


def describe_module(module: hub.Module) -> ModuleInfo:
  """Returns the description of a module that is in the current graph.

  Args:
    module: made from a handle, or from a spec.

  Raises:
    UserError: its files can't be read.
  """
  spec = hub_internals.spec_of(module)
  path = hub_internals.stored_at(spec)
  if path is not None:
    return read_module_info(path)
  return _describe_spec(spec, f"new module {hub_internals.state_scope(module)}")


@functools.lru_cache(maxsize=32)
def _describe_stored(resolved: handles.ResolvedHandle) -> ModuleInfo:
  path = saved_models.module_directory(resolved)
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
    variants=read_variants(spec),
    image_size=_image_size(spec),
    spec=spec,
  )


def _describe_new(new: NewModule) -> ModuleInfo:
  return _describe_spec(new.make_spec(), str(new))


def _describe_spec(spec: hub.ModuleSpec, handle: str) -> ModuleInfo:
  variants = read_variants(spec)
  return ModuleInfo(
    handle=handle,
    path=None,
    fingerprint=_fingerprint(spec, variants),
    variants=variants,
    image_size=_image_size(spec),
    spec=spec,
  )


def _fingerprint(
  spec: hub.ModuleSpec, variants: Mapping[frozenset[str], VariantInfo]
) -> str:
  """Returns a digest of the graphs that is the same in all processes.

  It leaves out names of functions, which TensorFlow numbers in each process.
  """
  digest = hashlib.sha256()
  for graph in hub_internals.meta_graphs(spec):
    variant = variants[frozenset(graph.meta_info_def.tags)]
    digest.update(repr((sorted(variant.tags), variant.variables)).encode())
    digest.update(repr(sorted(variant.signatures.items())).encode())
    for node in graph.graph_def.node:
      digest.update(f"{node.name} {node.op}\n".encode())
  return digest.hexdigest()


def _image_size(spec: hub.ModuleSpec) -> tuple[int, int] | None:
  for tags in spec.get_tags():
    info = spec.get_attached_message(
      "image_module_info", hub.ImageModuleInfo, tags=tags
    )
    if info and info.default_image_size.height:
      return info.default_image_size.height, info.default_image_size.width
  return None
