"""Bindings that nothing reads: an error, because they look as if they mattered."""

import difflib
import logging
from collections.abc import Iterable, Sequence

from hub_estimator.config import gin_internals, sources
from hub_estimator.config.gin_internals import Key
from hub_estimator.config.reading import (
  binding_name,
  read_keys,
  readable_names,
)
from hub_estimator.errors import UserError

_log = logging.getLogger(__name__)
_MOST_SHOWN = 5
# Macros that base.gin needs; nothing reads them in a config that forgets it.
_OF_BASE = ("HANDLE", "HEAD")


def require_read(*roots: str) -> None:
  """Raises a UserError if a binding of the config is read by nothing.

  Bindings may stay unread in shipped files, in the site's file, and in files that
  bind `gin_file.shared_defaults = True`. In a run's own config.gin, they are
  warned of.

  Args:
    roots: the configurables that the command builds, such as "run".

  Raises:
    UserError: a binding is unread; the message says where it stands, and names
      the nearest bindings that are read.
  """
  found = sources.current()
  unread = _unread(roots)
  saved = [key for key in unread if found.is_saved(key)]
  refused = [key for key in unread if key not in saved]
  if saved:
    _log.warning(
      "Nothing reads these bindings of %s: %s.",
      found.files[saved[0]],
      ", ".join(map(binding_name, saved[:_MOST_SHOWN])),
    )
  if refused:
    raise UserError(_message(refused, roots))


def command_line_reads(*roots: str) -> dict[str, bool]:
  """Returns whether each binding of the command line is read, by its name.

  Args:
    roots: the configurables that are built.
  """
  read = read_keys(roots)
  return {
    binding_name(key): key in read
    for key, file in sources.current().files.items()
    if file is None
  }


def nearest_read(name: str, *roots: str) -> str:
  """Returns "did you mean …?" for an unread binding, or "" if nothing is near.

  Args:
    name: of the binding.
    roots: the configurables that are built.
  """
  return _nearest(name, readable_names(roots))


def has_unread(*roots: str) -> bool:
  """Returns whether any binding is unread, wherever it comes from.

  Args:
    roots: the configurables that are built.
  """
  return any(not sources.is_mark(key) for key in _left_now(roots))


def _unread(roots: Sequence[str]) -> list[Key]:
  """Returns the keys of all unread bindings that should be read, in order."""
  found = sources.current()
  return sorted(key for key in _left(roots) if found.is_strict(key))


def _left(roots: Sequence[str]) -> set[Key]:
  """Returns the keys of all unread bindings.

  Those of files are read if the files alone read them: the command line may put
  another part in the place of one that a file has set up.
  """
  found = sources.current()
  left = _left_now(roots)
  with gin_internals.with_bindings(found.before_command_line):
    left_by_files = _left_now(roots)
  return {
    key for key in left if key in left_by_files or found.files.get(key) is None
  }


def _left_now(roots: Sequence[str]) -> set[Key]:
  """Returns the keys of the unread bindings of gin's state."""
  return gin_internals.bound_keys() - read_keys(roots)


def _message(keys: Sequence[Key], roots: Sequence[str]) -> str:
  known = readable_names(roots)
  shown = []
  for key in keys[:_MOST_SHOWN]:
    name = binding_name(key)
    hint = _nearest(name, known)
    place = sources.current().place(key)
    shown.append(f"{name} ({place}{'; ' if hint else ''}{hint})")
  rest = len(keys) - len(shown)
  if rest:
    shown.append(f"and {rest} more")
  if any(k[0] in _OF_BASE and k[1] == "gin.macro" for k in keys):
    shown[-1] += '; include "base.gin" reads HANDLE, HEAD and so on'
  what = "this binding" if len(keys) == 1 else f"these {len(keys)} bindings"
  return (
    f"Nothing reads {what} of the config: {', '.join(shown)}. Remove it, or use "
    "the part that it is for. A file of defaults for several configs may bind "
    "gin_file.shared_defaults = True."
  )


def _nearest(name: str, known: Iterable[str]) -> str:
  close = difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.6)
  return f"did you mean {' or '.join(map(repr, close))}?" if close else ""
