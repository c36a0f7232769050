"""A directory that appears whole, or not at all."""

import contextlib
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator

from hub_estimator import disk
from hub_estimator.errors import UserError
from hub_estimator.handles import module_files

# Where TensorFlow leaves room for what nothing computes with.
DOCUMENTATION = pathlib.Path("assets.extra", "README.md")


@contextlib.contextmanager
def new_directory(
  path: str | os.PathLike, *, documentation: str | None = None
) -> Iterator[pathlib.Path]:
  """Yields an empty directory; the "module" made in it is moved to `path`.

  The same graph gives the same bytes.

  Args:
    path: a directory that doesn't exist yet.
    documentation: a file of Markdown for the module's users, which is attached.

  Raises:
    UserError: `path` exists, or can't be made.
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
      f"{str(path)!r} can't be made: {error.strerror}."
    ) from error
  try:
    made = pathlib.Path(scratch, "module")
    yield pathlib.Path(scratch)
    if documentation is not None:
      (made / DOCUMENTATION).parent.mkdir(exist_ok=True)
      shutil.copyfile(documentation, made / DOCUMENTATION)
    module_files.write_in_fixed_order(made / module_files.SAVED_MODEL)
    disk.sync_tree(made)
    # Another process may have made it meanwhile; an empty one gives way.
    os.rename(made, target)
    disk.sync(target.parent)
  except OSError as error:
    raise UserError(
      f"{str(path)!r} can't be made: {error.strerror or error}."
    ) from error
  finally:
    shutil.rmtree(scratch, ignore_errors=True)
