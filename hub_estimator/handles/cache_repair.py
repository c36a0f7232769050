"""The cache of modules: listed, verified, repaired and filled."""

import dataclasses
import pathlib
from collections.abc import Iterable
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.handles import module_cache, module_files
from hub_estimator.handles.cache_leftovers import (
  find_leftovers,
  remove_leftovers,
)
from hub_estimator.handles.resolving import resolve


@dataclasses.dataclass(frozen=True)
class State:
  """The state of one entry.

  Attributes:
    url: the handle that it was fetched for; None if no descriptor states it.
    path: its directory.
    size: in bytes.
    fetched_at: date and time, or None if no descriptor states it.
    damage: a description of the damage, or None.
    note: the outcome of a repair, or "".
  """

  url: str | None
  path: str
  size: int
  fetched_at: str | None
  damage: str | None
  note: str = ""


@dataclasses.dataclass(frozen=True)
class Report:
  """The state of the cache.

  Attributes:
    directory: of the cache.
    entries: sorted by URL.
    leftovers: paths that interrupted downloads have left.
    removed: leftovers that `repair` has removed.
    thorough: whether every byte was read.
  """

  directory: str
  entries: tuple[State, ...]
  leftovers: tuple[str, ...]
  removed: tuple[str, ...]
  thorough: bool

  @property
  def damaged(self) -> bool:
    """Whether any entry is damaged."""
    return any(entry.damage for entry in self.entries)

  def as_dict(self) -> dict[str, Any]:
    """Returns the report as JSON-compatible values."""
    return dataclasses.asdict(self)

  def as_text(self) -> str:
    """Returns three lines for each entry, one for all, one for each leftover."""
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
    lines += [f"left by downloads that ended: {p}" for p in self.leftovers]
    lines += [
      f"removed, left by downloads that ended: {p}" for p in self.removed
    ]
    return "\n".join(lines)


def list_entries() -> Report:
  """Returns the state of the cache by the presence and sizes of files."""
  return _report(thorough=False)


def verify() -> Report:
  """Returns the state of the cache after reading every byte."""
  return _report(thorough=True)


def repair() -> Report:
  """Fetches damaged entries again and removes leftovers; returns the new state.

  An entry that can't be fetched stays as it is, and its damage is reported.
  """
  removed = remove_leftovers()
  states = [_repaired(entry) for entry in module_cache.entries()]
  return _make_report(states, thorough=True, removed=removed)


def fetch(handle: str, *, refetch: bool = False) -> str:
  """Puts a module into the cache, and returns its directory.

  Args:
    handle: of the module.
    refetch: whether to fetch it even if the cache has it.

  Raises:
    UserError: it can't be fetched.
  """
  return resolve(handle, refetch=refetch).path


def _report(*, thorough: bool) -> Report:
  states = [
    _state(entry, entry.find_damage(thorough=thorough))
    for entry in module_cache.entries()
  ]
  return _make_report(states, thorough=thorough)


def _make_report(
  states: Iterable[State],
  *,
  thorough: bool,
  removed: Iterable[pathlib.Path] = (),
) -> Report:
  return Report(
    str(module_cache.directory()),
    tuple(states),
    tuple(map(str, find_leftovers())),
    tuple(map(str, removed)),
    thorough,
  )


def _repaired(entry: module_cache.Entry) -> State:
  damage = entry.find_damage(thorough=True)
  if damage is None:
    return _state(entry, None)
  if entry.url is None:
    return _state(entry, damage, "its origin is unknown: remove it by hand")
  try:
    resolve(entry.url, refetch=True)
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
