"""The check of a whole space before the first trial."""

import logging
import pathlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator import config, progress, runs, schemas
from hub_estimator.errors import UserError
from hub_estimator.sweeps.combinations import Params
from hub_estimator.sweeps.space import Fixed
from hub_estimator.sweeps.sweep import BYTES, SECONDS, Sweep
from hub_estimator.training import ProcessCache

_log = logging.getLogger(__name__)


def check_space(
  base: str, sweep: Sweep, first: schemas.Schema | None = None
) -> schemas.Schema:
  """Checks a run for each option and each bound of each range.

  Args:
    base: the gin bindings that all trials share.
    sweep: its settings.
    first: what the first trial knows of its data; None before there is one.

  Returns:
    What the first combination knows of its data, or `first`.

  Raises:
    UserError: some runs are invalid, or can't be compared with the first; the
      message names all mistakes.
  """
  started = time.monotonic()
  probes = sweep.space.probes()
  if sweep.strategy == "grid":
    sweep.space.grid()
  metrics = [
    ("sweep.goals", goal)
    for goal in sweep.goals
    if goal not in (SECONDS, BYTES)
  ]
  mistakes, readers = _Mistakes(probes[0]), _Readers()
  cache = ProcessCache()
  with tempfile.TemporaryDirectory() as scratch:
    file = pathlib.Path(scratch) / "base.gin"
    file.write_text(base, encoding="utf-8")
    for done, params in enumerate(probes):
      _report(done, len(probes))
      bindings = sweep.space.suggest(Fixed(params))
      try:
        config.parse([str(file)], bindings)
        with runs.reporting_value_errors():
          readers.add(config.command_line_reads("run"))
          checked = runs.check(
            config.build("run"), metrics=metrics, cache=cache
          )
        if first is not None:
          schemas.check_alike(checked.schema, first)
        first = first or checked.schema
      except UserError as error:
        mistakes.add(error, params, bindings)
  _report(len(probes), len(probes))
  mistakes.raise_if_any()
  readers.check()
  assert first is not None  # A space has a combination.
  _log.info(
    "Checked %d combinations in %.1f s: every choice and every bound of a range.",
    len(probes),
    time.monotonic() - started,
  )
  return first


def _report(done: int, total: int) -> None:
  progress.report("checking the space", done, total, unit="combinations")


class _Readers:
  """Which combinations read what varies."""

  def __init__(self) -> None:
    self._reads: dict[str, set[bool]] = {}

  def add(self, reads: Mapping[str, bool]) -> None:
    """Adds whether a combination reads each of its bindings, by their names."""
    for name, is_read in reads.items():
      self._reads.setdefault(name, set()).add(is_read)

  def check(self) -> None:
    """Raises a UserError if something varies that no trial reads.

    Its trials would be equal, and yet be ranked.
    """
    unread = [name for name, reads in self._reads.items() if True not in reads]
    if unread:
      hints = [config.nearest_read(name, "run") for name in unread]
      listed = ", ".join(
        f"{name!r}" + (f" ({hint})" if hint else "")
        for name, hint in zip(unread, hints, strict=True)
      )
      raise UserError(
        f"sweep.space varies {listed}, and no trial reads it: its trials would "
        "be equal."
      )
    partly = [name for name, reads in self._reads.items() if len(reads) == 2]
    if partly:
      _log.warning(
        "sweep.space varies %s, and not all trials read it: some are equal. "
        "Let it vary under the options that read it.",
        ", ".join(partly),
      )


class _Mistakes:
  """The different errors of a space, each with the values that cause it."""

  def __init__(self, first: Params):
    """Makes an empty list; `first` is the combination that others vary."""
    self._first = first
    self._found: dict[str, tuple[str, str]] = {}

  def add(
    self, error: UserError, params: Params, bindings: Sequence[str]
  ) -> None:
    changed = {k: v for k, v in params.items() if v != self._first.get(k)}
    # One mistake can occur with several values: without them, its messages are equal.
    alike = str(error)
    for binding in bindings:
      alike = alike.replace(binding, binding.split(" = ")[0])
    self._found.setdefault(alike, (_show(changed or params), str(error)))

  def raise_if_any(self) -> None:
    if not self._found:
      return
    count = len(self._found)
    listed = " ".join(
      f"({i}) with {shown}: {message}"
      for i, (shown, message) in enumerate(self._found.values(), start=1)
    )
    raise UserError(
      (f"{count} mistakes" if count > 1 else "A mistake")
      + f" in the space: {listed}"
    )


def _show(params: dict[str, Any]) -> str:
  return ", ".join(f"{k} = {v!r}" for k, v in params.items())
