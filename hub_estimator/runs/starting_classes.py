"""The classes of weights that a run starts from, compared with its own."""

import dataclasses
import logging
import os
import pathlib

from hub_estimator import schemas
from hub_estimator.errors import UserError
from hub_estimator.model_dir import StartingWeights

_log = logging.getLogger(__name__)


def match(
  start_from: str, start: StartingWeights | None, schema: schemas.Schema
) -> StartingWeights | None:
  """Returns the weights that a run starts with, without those of other classes.

  A layer of logits has a column for each class. It is taken if the classes are the
  same in the same order. It starts from its initial values if the classes are others,
  as it does if their number differs.

  Args:
    start_from: a model_dir, a checkpoint or an exported full model.
    start: the weights found there; None if the run continues from its own.
    schema: of the run's data.

  Raises:
    UserError: the classes are the same in another order, or the run continues from
      its own weights with other classes.
  """
  old = _schema_of(start_from)
  if old is None:
    return start
  for name, column in schema.labels.items():
    then = old.labels[name].classes if name in old.labels else None
    now = column.classes
    if then is None or now is None or then == now:
      continue
    logits = [] if start is None else [n for n in start.taken if _is_logits(n)]
    if start is not None and not logits:
      continue
    if start is None or set(then) == set(now):
      raise UserError(
        f"run.start_from {start_from!r} has the classes {', '.join(then)}, and this "
        f"run {', '.join(now)}: its logits would be those of other classes. List "
        "them in the same order in the head's label_vocabulary, or leave the head "
        'out with run.start_from_variables = "^module/".'
      )
    _log.warning(
      "%s has the classes %s, and this run %s: its logits aren't taken.",
      start_from,
      ", ".join(then),
      ", ".join(now),
    )
    start = dataclasses.replace(
      start,
      taken=[n for n in start.taken if n not in logits],
      new=sorted({*start.new, *logits}),
    )
  return start


def _is_logits(variable: str) -> bool:
  return "logits" in variable.split("/")


def _schema_of(start_from: str) -> schemas.Schema | None:
  """Returns the schema beside weights; None for runs of older versions."""
  path = pathlib.Path(os.path.expanduser(start_from))
  folder = path if path.is_dir() else path.parent
  if folder.name == "variables":
    folder = folder.parent
  for place in (folder, folder / "assets.extra"):
    schema = schemas.read(place / "schema.json")
    if schema is not None:
      return schema
  return None
