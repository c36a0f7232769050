"""Sharing a version between kinds that export the same checkpoint.

"latest" and "best" often export the same checkpoint. Then the work is done once
and the bytes are on disk once.
"""

import os
import pathlib
import shutil
from collections.abc import Mapping
from concurrent import futures
from typing import Any

from hub_estimator.exporting import manifest
from hub_estimator.exporting.exports import KINDS
from hub_estimator.exporting.halves import Halves, find_modules
from hub_estimator.model_dir import Version, versions

# The manifest's keys in which versions with the same weights agree.
_SAME = ("checkpoint_sha256", "averaged", "formats")


def link_halves(
  export_path: pathlib.Path,
  facts: Mapping[str, Any],
  *,
  pool: futures.Executor,
) -> Halves | None:
  """Stages hard links to another kind's version of the same checkpoint.

  Args:
    export_path: `export/<kind>`; the links are made in its staging directory.
    facts: the new version's manifest, which says of which checkpoint it is and
      whether its weights are averaged.
    pool: describes the files in the background.

  Returns:
    None if the checkpoint isn't the last that any other kind has exported.
  """
  for kind in KINDS:
    sibling = export_path.parent / kind
    numbers = versions.numbers(sibling)
    if sibling == export_path or not numbers:
      continue
    with versions.pinned(sibling, numbers[-1]) as version:
      held = manifest.read(version.model)
      if all(held.get(key) == facts.get(key) for key in _SAME):
        return _link(version, export_path / versions.STAGING, pool)
  return None


def _link(
  version: Version, staging: pathlib.Path, pool: futures.Executor
) -> Halves:
  model, modules = staging / "model", None
  shutil.copytree(version.model, model, copy_function=os.link)
  if version.modules is not None:
    modules = staging / "module"
    shutil.copytree(version.modules, modules, copy_function=os.link)
  return Halves(
    model,
    modules,
    {
      half: pool.submit(manifest.describe, half)
      for half in (model, *find_modules(modules))
    },
  )
