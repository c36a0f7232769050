"""The label of a table: which column, and what kind of label it holds."""

import collections
import dataclasses
import re
from collections.abc import Collection, Sequence
from typing import Any

from hub_estimator.drafting.asking import Ask
from hub_estimator.errors import UserError, nearest
from hub_estimator.surveying import Column, Survey, Table

BINARY, CLASSES, SEVERAL, NUMBER = (
  "one of two classes",
  "one of several classes",
  "several labels a row",
  "a number",
)

_USUAL = re.compile(
  r"(^|_)(label|target|class|category|sentiment|y)(s|es|_id)?$", re.IGNORECASE
)
_CAN_BE = ("name", "integer", "number", "list")
_SEPARATORS = ("|", ";", ",")
# Integers with more values than this are amounts rather than classes.
_MOST_INTEGER_CLASSES = 20
_MOST_LABELS = 1000


@dataclasses.dataclass(frozen=True)
class Label:
  """The label of a table.

  Attributes:
    column: its name.
    kind: BINARY, CLASSES, SEVERAL or NUMBER.
    counts: rows by class, the most frequent first; empty for numbers.
    separator: between the labels of a row; None if there is one, or lists.
    is_number_as_text: whether classes are integers that aren't 0, 1, 2 and so on.
    missing: how many rows have none.
  """

  column: str
  kind: str
  counts: dict[str, int]
  separator: str | None = None
  is_number_as_text: bool = False
  missing: int = 0


def choose_label(
  table: Table,
  survey: Survey,
  ask: Ask,
  *,
  named: str | None,
  taken: Collection[str] = (),
) -> Label:
  """Returns the label of a table.

  Args:
    table: the data.
    survey: of the table.
    ask: chooses among columns, and among kinds.
    named: the column, if the user names it.
    taken: columns that can't be the label.

  Raises:
    UserError: there is no such column, none can be a label, or it has one value.
  """
  if named is not None and named not in table.columns:
    raise UserError(
      f"{table.path} has no column {named!r} for the label; "
      + nearest(named, table.columns)
    )
  if named is None:
    found = _candidates(survey, taken)
    if not found:
      kinds = ", ".join(f"{c.name} ({c.kind})" for c in survey.columns)
      raise UserError(
        f"No column of {table.path} looks like a label: {kinds}. Name it by --label."
      )
    named = ask("Which column is the label?", found, found[0])
  label = _described(survey.column(named), table.columns[named])
  if label.kind != NUMBER and len(label.counts) < 2:
    raise UserError(
      f"The label {named!r} of {table.path} has one value in all rows: "
      f"{next(iter(label.counts), 'none')!r}."
    )
  return _asked(label, survey.column(named), ask)


def _candidates(survey: Survey, taken: Collection[str]) -> list[str]:
  """Returns the columns that can be the label, the likeliest first."""

  def place(item: tuple[int, Column]) -> tuple[bool, bool, int, int]:
    position, column = item
    distinct = column.distinct or 0
    return (
      _USUAL.search(column.name) is None,
      column.kind == "number",
      distinct,
      -position,
    )

  found = [
    (position, column)
    for position, column in enumerate(survey.columns)
    if column.name not in taken
    and (column.kind in _CAN_BE or _USUAL.search(column.name))
    and (column.distinct or 0) > 1
  ]
  return [column.name for _, column in sorted(found, key=place)]


def _described(column: Column, values: Sequence[Any]) -> Label:
  held = [value for value in values if value is not None]
  missing = len(values) - len(held)
  if column.kind == "list":
    parts = [str(part) for value in held for part in value]
    counts = _count(parts)
    return Label(column.name, SEVERAL, counts, missing=missing)
  if column.kind == "number":
    return Label(column.name, NUMBER, {}, missing=missing)
  texts = [str(value) for value in held]
  if column.kind == "integer":
    return _of_integers(column.name, texts, missing)
  separator = _separator(texts)
  if separator is not None:
    counts = _count(
      [part for text in texts for part in _parts(text, separator)]
    )
    # A blank cell then means that a row has no label.
    return Label(column.name, SEVERAL, counts, separator)
  counts = _count(texts)
  kind = BINARY if len(counts) == 2 else CLASSES
  return Label(column.name, kind, counts, missing=missing)


def _of_integers(name: str, texts: Sequence[str], missing: int) -> Label:
  counts = _count(texts)
  if len(counts) > _MOST_INTEGER_CLASSES:
    return Label(name, NUMBER, {}, missing=missing)
  is_ids = {int(text) for text in counts} == set(range(len(counts)))
  return Label(
    name,
    BINARY if len(counts) == 2 else CLASSES,
    counts,
    is_number_as_text=not is_ids,
    missing=missing,
  )


def _separator(texts: Sequence[str]) -> str | None:
  """Returns what separates the labels of a row, if a row has several."""
  for separator in _SEPARATORS:
    several = [text for text in texts if separator in text]
    parts = {p for text in texts for p in _parts(text, separator)}
    # A comma may be a part of a name, but then no part comes alone as well.
    alone = parts & {text.strip() for text in texts}
    if several and len(parts) <= _MOST_LABELS and alone:
      return separator
  return None


def _parts(text: str, separator: str) -> list[str]:
  return [part.strip() for part in text.split(separator) if part.strip()]


def _count(values: Sequence[str]) -> dict[str, int]:
  return dict(collections.Counter(values).most_common())


def _asked(label: Label, column: Column, ask: Ask) -> Label:
  """Returns the label, of another kind if the user says so."""
  question = f"What is {label.column!r}?"
  if label.separator is not None:
    # The separator may be a part of a name.
    kind = ask(question, [SEVERAL, CLASSES], SEVERAL)
    if kind == CLASSES:
      return Label(
        label.column, CLASSES, dict(column.counts), missing=label.missing
      )
    return label
  if column.kind != "integer":
    return label
  # Integers may be classes as well as amounts.
  kinds = [label.kind, NUMBER] if label.kind != NUMBER else [NUMBER, CLASSES]
  kind = ask(question, kinds, label.kind)
  if kind == label.kind:
    return label
  if kind == NUMBER:
    return Label(label.column, NUMBER, {}, missing=label.missing)
  return dataclasses.replace(
    label, kind=CLASSES, counts=dict(column.counts), is_number_as_text=True
  )
