"""The cache of modules, looked through and mended."""

import dataclasses
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.handles import module_cache, module_files
from hub_estimator.handles import resolving as handles


@dataclasses.dataclass(frozen=True)
class State:
  """One entry.

  Attributes:
    url: what was asked for, or None where nothing says so.
    path: its directory.
    size: bytes.
    fetched_at: date and time, or None.
    damage: what is wrong with it, or None.
    note: what was done about it, or "".
  """

  url: str | None
  path: str
  size: int
  fetched_at: str | None
  damage: str | None
  note: str = ""


@dataclasses.dataclass(frozen=True)
class Report:
  """A look at the cache.

  Attributes:
    directory: of the cache.
    entries: by URL.
    leftovers: paths that downloads which ended have left.
    removed: those that are gone now.
    thorough: whether every byte was read.
  """

  directory: str
  entries: tuple[State, ...]
  leftovers: tuple[str, ...]
  removed: tuple[str, ...]
  thorough: bool

  @property
  def damaged(self) -> bool:
    return any(entry.damage for entry in self.entries)

  def as_dict(self) -> dict[str, Any]:
    return dataclasses.asdict(self)

  def as_text(self) -> str:
    """Returns a line for each entry, and one for all."""
    lines = []
    for entry in self.entries:
      sound = "sound" if self.thorough else "seems sound"
      lines.append(
        f"{entry.url or '(no descriptor)'}\n"
        f"    {entry.size / 1e6:,.1f} MB, fetched {entry.fetched_at or '?'}, "
        f"{entry.path}\n"
        f"    {f'damaged: {entry.damage}' if entry.damage else sound}"
        + (f"; {entry.note}" if entry.note else "")
      )
    total = sum(entry.size for entry in self.entries) / 1e6
    lines.append(
      f"{self.directory}: {len(self.entries)} modules, {total:,.1f} MB"
    )
    for what, paths in (
      ("left", self.leftovers),
      ("removed, left", self.removed),
    ):
      lines += [f"{what} by downloads that ended: {path}" for path in paths]
    return "\n".join(lines)


def list_entries() -> Report:
  """Returns what the cache holds, after a look at files and their sizes."""
  return _report(thorough=False)


def verify() -> Report:
  """Returns what the cache holds, with every byte read."""
  return _report(thorough=True)


def repair() -> Report:
  """Fetches damaged entries anew and removes leftovers; returns what is then.

  An entry that can't be fetched stays as it is, and its damage is reported.
  """
  removed = module_cache.remove_leftovers()
  states = [_repaired(entry) for entry in module_cache.entries()]
  return _make_report(states, thorough=True, removed=removed)


def fetch(handle: str, *, anew: bool = False) -> str:
  """Puts a handle's module into the cache, and returns its directory.

  Raises:
    UserError: it can't be fetched.
  """
  return handles.resolve(handle, anew=anew).path


def _report(*, thorough: bool) -> Report:
  states = [
    _state(entry, entry.find_damage(thorough=thorough))
    for entry in module_cache.entries()
  ]
  return _make_report(states, thorough=thorough)


def _make_report(states, *, thorough: bool, removed=()) -> Report:
  return Report(
    str(module_cache.directory()),
    tuple(states),
    tuple(map(str, module_cache.leftovers())),
    tuple(map(str, removed)),
    thorough,
  )


def _repaired(entry: module_cache.Entry) -> State:
  damage = entry.find_damage(thorough=True)
  if damage is None:
    return _state(entry, None)
  if entry.url is None:
    return _state(
      entry, damage, "where it is from is not known: remove it by hand"
    )
  try:
    handles.resolve(entry.url, anew=True)
  except UserError as error:
    return _state(entry, damage, str(error))
  return _state(module_cache.find(entry.url), None, f"repaired: {damage}")


def _state(
  entry: module_cache.Entry, damage: str | None, note: str = ""
) -> State:
  return State(
    entry.url,
    str(entry.path),
    module_files.size_bytes(entry.path),
    entry.fetched_at,
    damage,
    note,
  )
