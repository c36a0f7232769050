"""A survey as lines of text."""

from collections.abc import Iterator

from hub_estimator.surveying import columns
from hub_estimator.surveying.columns import Column
from hub_estimator.surveying.survey import Survey

_SHOWN = 12
_MOST_LETTERS = 60


def to_text(survey: Survey) -> str:
  """Returns a survey as text; what is surprising starts with "!"."""
  return "\n".join(_lines(survey)) + "\n"


def _lines(survey: Survey) -> Iterator[str]:
  more = "" if survey.is_whole else "the first "
  yield f"{survey.path}: {more}{survey.rows:,} rows, read by inputs.{survey.format}"
  width = max(len(column.name) for column in survey.columns)
  for column in survey.columns:
    yield ""
    yield f"  {column.name:<{width}}  {_facts(column)}"
    if column.counts:
      yield f"  {'':<{width}}  {_counts(column)}"
    elif column.examples:
      yield f"  {'':<{width}}  such as {_examples(column)}"
    if column.missing:
      yield (
        f"! {'':<{width}}  missing in {column.missing:,} of {column.rows:,} rows"
      )
  warnings = list(_warnings(survey))
  if warnings:
    yield ""
    yield from warnings


def _facts(column: Column) -> str:
  facts = [column.kind]
  if column.shape is not None:
    facts[0] += f" {list(column.shape)}"
  if column.distinct is not None and column.kind != columns.EMPTY:
    facts.append(f"{column.distinct:,} distinct")
  if column.range is not None:
    low, high = column.range
    unit = " values" if column.kind == columns.LIST else ""
    facts.append(f"{low:g} to {high:g}{unit}")
  if column.words is not None:
    low, median, high = column.words
    facts.append(f"{low:g} to {high:g} words, {median:g} in the middle")
  return ", ".join(facts)


def _counts(column: Column) -> str:
  shown = [
    f"{_short(value)} {count:,}"
    for value, count in list(column.counts.items())[:_SHOWN]
  ]
  left = (column.distinct or 0) - len(shown)
  return ", ".join(shown) + (f" and {left:,} more" if left > 0 else "")


def _examples(column: Column) -> str:
  return " | ".join(_short(str(value)) for value in column.examples)


def _short(text: str) -> str:
  text = " ".join(text.split())
  return text if len(text) <= _MOST_LETTERS else text[: _MOST_LETTERS - 1] + "…"


def _warnings(survey: Survey) -> Iterator[str]:
  if survey.repeated and survey.repeat:
    first, second = survey.repeat
    yield (
      f"! repeated rows: {survey.repeated:,}, such as rows {first} and {second}"
    )
  found = survey.leakage
  if found is None:
    return
  if found.shared:
    yield (
      f"! {found.shared:,} of {found.rows:,} rows of {found.path} are in "
      f"{survey.path}, too, such as row {found.row}: metrics would be too good"
    )
  else:
    yield f"  none of {found.rows:,} rows of {found.path} is in {survey.path}"
