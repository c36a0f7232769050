"""Converts a module to another format."""

import logging
import os
import time

from hub_estimator.converting import tf2
from hub_estimator.errors import UserError, nearest
from hub_estimator.modules import ModuleInfo, ModuleSource, read_module_info
from hub_estimator.publishing import new_directory

FORMATS = ("tf2",)
_DEFAULT = "default"
_log = logging.getLogger(__name__)


def convert(
  path: str | os.PathLike[str],
  handle: str,
  *,
  to: str = "tf2",
  signature: str | None = None,
) -> str:
  """Converts a module to another format, and returns the path.

  Args:
    path: a directory that doesn't exist yet; it is written whole or not at all.
    handle: a directory, archive, URL, bucket, short name or model_dir.
    to: "tf2", a SavedModel of TensorFlow 2 that Keras and plain TensorFlow train.
    signature: the signature that a call of the SavedModel applies; None means
      "default", or the only one that has inputs.

  Raises:
    UserError: `path` exists, there is no such module or signature, or the format
      can't hold the module; nothing is written then.
  """
  if to not in FORMATS:
    raise UserError(f"There is no format {to!r}: {nearest(to, FORMATS)}")
  started = time.monotonic()
  with new_directory(path) as scratch:
    info = read_module_info(handle)
    tags = sorted(info.default_variant().tags)
    if tags and len(info.variants) > 1:
      _log.info("%r: the variant %s is converted", handle, tags)
    source = ModuleSource(
      handle, signature=signature or _main(info), inference_tags=tags
    )
    plan = tf2.make_plan(info, source)
    tf2.write_saved_model(plan, scratch / "module")
  seconds = time.monotonic() - started
  _log.info("Converted %r to %s in %.1f s.", handle, os.fspath(path), seconds)
  return os.fspath(path)


def _main(info: ModuleInfo) -> str:
  """Returns the signature that a call applies unless the user names one."""
  signatures = info.default_variant().signatures
  if _DEFAULT in signatures:
    return _DEFAULT
  found = sorted(name for name, s in signatures.items() if s.inputs)
  if len(found) != 1:
    raise UserError(
      f"Module {info.handle!r} has no signature 'default'; choose the one to call "
      f"with --signature: {', '.join(found) or 'none has inputs'}."
    )
  return found[0]
