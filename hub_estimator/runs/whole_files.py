"""Files that appear whole or not at all."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

from hub_estimator.errors import UserError


@contextlib.contextmanager
def whole(path: str) -> Iterator[str]:
  """Yields a path to write to, which replaces `path` at the end.

  The directory of the yielded path is removed at the end; other files may be there.

  Args:
    path: of the file.

  Raises:
    UserError: the file can't be written.
  """
  folder = os.path.dirname(os.path.abspath(path))
  try:
    scratch = tempfile.mkdtemp(prefix=".partial-", dir=folder)
  except OSError as error:
    raise UserError(f"{path} can't be written: {error.strerror}.") from error
  try:
    partial = os.path.join(scratch, "output")
    yield partial
    os.replace(partial, path)
  except OSError as error:
    raise UserError(f"{path} can't be written: {error.strerror}.") from error
  finally:
    shutil.rmtree(scratch, ignore_errors=True)
