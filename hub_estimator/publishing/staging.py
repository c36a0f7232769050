"""Staging: a new directory appears completely, or not at all."""

import contextlib
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

from hub_estimator import disk
from hub_estimator.errors import UserError
from hub_estimator.handles import module_files

# TensorFlow reserves assets.extra for files that no graph reads.
DOCUMENTATION = pathlib.Path("assets.extra", "README.md")


@contextlib.contextmanager
def new_directory(
  path: str | os.PathLike[str], *, documentation: str | None = None
) -> Iterator[pathlib.Path]:
  """Yields a scratch directory; moves the "module" made in it to `path` at the end.

  The same graph gives the same bytes. If the block fails, nothing remains.

  Args:
    path: a directory that doesn't exist yet.
    documentation: a Markdown file for the module's users, to attach.

  Raises:
    UserError: `path` exists or can't be created, or there is no file
      `documentation`.
  """
  if documentation is not None and not os.path.isfile(documentation):
    raise UserError(f"There is no file {documentation!r}.")
  target = pathlib.Path(path).expanduser().absolute()
  if target.exists():
    raise UserError(f"{str(path)!r} exists; choose a new directory.")
  try:
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix=".publish-", dir=target.parent)
  except OSError as error:
    raise UserError(
      f"{str(path)!r} can't be created: {error.strerror}."
    ) from error
  try:
    made = pathlib.Path(scratch, "module")
    yield pathlib.Path(scratch)
    if documentation is not None:
      (made / DOCUMENTATION).parent.mkdir(exist_ok=True)
      shutil.copyfile(documentation, made / DOCUMENTATION)
    module_files.write_in_fixed_order(made / module_files.SAVED_MODEL)
    disk.sync_tree(made)
    # Fails if another process created it meanwhile, unless it is empty.
    os.rename(made, target)
    disk.sync(target.parent)
  except OSError as error:
    raise UserError(
      f"{str(path)!r} can't be created: {error.strerror or error}."
    ) from error
  finally:
    shutil.rmtree(scratch, ignore_errors=True)
