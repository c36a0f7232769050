"""The data report: a dozen lines on what a run is about to train on."""

import dataclasses
import logging
import pathlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub_estimator.disk import write_text
from hub_estimator.inputs import Balance, Examples, Mix
from hub_estimator.model_dir import write_json
from hub_estimator.schemas import columns, repeats
from hub_estimator.schemas.schema import TOKENS, LabelColumn, Schema

_log = logging.getLogger(__name__)
_SHOWN_CLASSES = 12
_NAMES = {"train": "training", "eval": "evaluation"}
_RARE_OTHERS = 0.95


@dataclasses.dataclass(frozen=True)
class Line:
  """One line of the report.

  Attributes:
    about: a feature, a label, or a part of the data.
    text: what was found; of a warning, also what to do.
    is_warning: whether it is surprising.
  """

  about: str
  text: str
  is_warning: bool = False


@dataclasses.dataclass(frozen=True)
class DataReport:
  """What the data of a run holds, in lines.

  Attributes:
    lines: in the order in which they are shown.
  """

  lines: tuple[Line, ...]

  def log(self) -> None:
    """Logs each line, surprising ones as warnings."""
    for line in self.lines:
      level = logging.WARNING if line.is_warning else logging.INFO
      _log.log(level, "Data: %s: %s", line.about, line.text)

  def text(self) -> str:
    """Returns the lines, those that are surprising with a mark."""
    return "".join(
      f"{'! ' if line.is_warning else '  '}{line.about}: {line.text}\n"
      for line in self.lines
    )

  def as_json(self) -> list[dict[str, Any]]:
    """Returns the lines as plain values."""
    return [dataclasses.asdict(line) for line in self.lines]

  def write(self, path: pathlib.Path) -> None:
    """Writes the report as JSON to a path, and as text beside it, as .txt."""
    write_json(path, {"lines": self.as_json()})
    write_text(path.with_suffix(".txt"), self.text())


def make_report(
  train: Examples,
  evaluation: Examples,
  schema: Schema,
  *,
  train_input: Any = None,
  same_input: bool = False,
  max_lengths: Mapping[str, int] | None = None,
) -> DataReport:
  """Returns the report on the data of a run.

  Args:
    train: the examples of training, numbered as the schema says.
    evaluation: likewise.
    schema: of the run.
    train_input: the reader of training; some repeat examples on purpose.
    same_input: whether evaluation reads what training reads.
    max_lengths: the tokens that a text is cut to, by feature.
  """
  parts = {"train": train, "eval": evaluation}
  lines = [*_sizes(parts)]
  for name, column in schema.labels.items():
    lines += _classes(name, column) if column.counts else _numbers(name, column)
  for name in schema.features:
    for split, examples in parts.items():
      lines += _feature(name, split, examples, schema, max_lengths or {})
  for name in schema.weights:
    lines += _weights(name, train)
  if schema.unused:
    unused = ", ".join(schema.unused)
    lines.append(Line("features", f"{unused}: in the data, read by nothing."))
  on_purpose = isinstance(train_input, Balance | Mix)
  found = repeats.find(train, evaluation, schema.features)
  lines += _repeats(found, same_input=same_input, on_purpose=on_purpose)
  return DataReport(tuple(lines))


def find_other_scales(schema: Schema, examples: Examples) -> dict[str, str]:
  """Returns what differs, by feature, where numbers have another scale.

  Args:
    schema: of a run.
    examples: that are read later; a feature that they lack is left out.
  """
  found = {}
  for name, feature in schema.features.items():
    if feature.range is None or name not in examples.features:
      continue
    ranges = columns.number_range(examples.features[name])
    differs = ranges and columns.compare_ranges(feature.range, ranges)
    if differs:
      found[name] = differs
  return found


def _sizes(parts: Mapping[str, Examples]) -> Iterator[Line]:
  for split, examples in parts.items():
    lines = "" if examples.lines is None else f"{examples.lines} lines of "
    yield Line(
      _NAMES[split], f"{len(examples)} examples of {lines}{examples.source}."
    )
    for note in examples.notes:
      yield Line(_NAMES[split], note, is_warning=True)
    if examples.skipped:
      yield Line(
        _NAMES[split],
        f"{examples.skipped} bad records are left out of {examples.source}; "
        'bad_records = "raise" names the first.',
        is_warning=True,
      )


def _classes(name: str, column: LabelColumn) -> Iterator[Line]:
  train, evaluation = column.counts["train"], column.counts["eval"]
  shown = [
    f"{c} {n}/{evaluation.get(c, 0)}"
    for c, n in sorted(train.items(), key=lambda item: -item[1])
  ]
  more = f" and {len(shown) - _SHOWN_CLASSES} more" * (
    len(shown) > _SHOWN_CLASSES
  )
  counted = "tokens" if column.kind == TOKENS else "examples"
  yield Line(
    name,
    f"{len(train)} classes, {counted} of training/evaluation: "
    f"{', '.join(shown[:_SHOWN_CLASSES])}{more}.",
  )
  for names in _nearly_equal(column.classes or ()):
    yield Line(
      name,
      f"the classes {', '.join(map(repr, names))} differ only in blanks, case or "
      "the Unicode form of letters; write them alike if they are one.",
      is_warning=True,
    )
  for split, counts in column.counts.items():
    missing = [c for c, n in counts.items() if not n]
    if missing:
      yield Line(name, _missing(split, missing, column), is_warning=True)
  single = sum(n == 1 for n in train.values())
  if single * 2 > len(train) and len(train) > _SHOWN_CLASSES:
    yield Line(
      name,
      f"{single} of {len(train)} classes have one example in training; is this the "
      "column of labels?",
      is_warning=True,
    )
  total = sum(train.values())
  if column.kind in ("class", TOKENS) and total:
    largest = max(train, key=lambda c: train[c])
    share = train[largest] / total
    if _RARE_OTHERS < share < 1:
      yield Line(
        name,
        f"{share:.1%} of training is {largest!r}: always predicting it has this "
        "accuracy; also look at precision and recall, or use inputs.balance.",
        is_warning=True,
      )


def _nearly_equal(classes: Sequence[str]) -> Iterator[list[str]]:
  """Yields names of classes that a reader would take for one."""
  alike: dict[str, list[str]] = {}
  for name in classes:
    bare = unicodedata.normalize("NFKC", name).casefold()
    alike.setdefault(" ".join(bare.split()), []).append(name)
  return (names for names in alike.values() if len(names) > 1)


def _missing(split: str, missing: Sequence[str], column: LabelColumn) -> str:
  other = column.counts["eval" if split == "train" else "train"]
  shown = ", ".join(
    f"{c!r} ({other.get(c, 0)} in {_NAMES['eval' if split == 'train' else 'train']})"
    for c in missing[:_SHOWN_CLASSES]
  )
  advice = (
    "they can't be learned; add examples, or split the data in another way"
    if split == "train"
    else "metrics say nothing about them; add examples"
  )
  return f"no example in {_NAMES[split]} of {len(missing)} classes: {shown}; {advice}."


def _numbers(name: str, column: LabelColumn) -> Iterator[Line]:
  if column.range is not None:
    low, high = column.range
    yield Line(name, f"numbers from {low:g} to {high:g}.")
    if low == high:
      yield Line(
        name,
        f"is {low:g} in each example of training; nothing can be learned.",
        is_warning=True,
      )


def _feature(
  name: str,
  split: str,
  examples: Examples,
  schema: Schema,
  max_lengths: Mapping[str, int],
) -> Iterator[Line]:
  about = f"{name} of {_NAMES[split]}"
  feature = schema.features[name]
  facts = columns.describe(
    examples.features[name], is_text=feature.picture is None
  )
  seen = ""
  if feature.picture is not None:
    height, width = (feature.picture[side] for side in ("height", "width"))
    seen = f" The module sees {height} by {width}."
  yield Line(about, f"{facts.text}{seen}")
  for surprise in facts.surprises:
    yield Line(about, surprise, is_warning=True)
  if split == "eval" and feature.range and facts.range:
    differs = columns.compare_ranges(feature.range, facts.range)
    if differs:
      yield Line(about, differs, is_warning=True)
  if name in max_lengths and facts.word_counts is not None:
    limit = max_lengths[name]
    cut = int((facts.word_counts > limit).sum())
    if cut:
      yield Line(
        about,
        f"at least {cut} of {len(facts.word_counts)} texts have more words than "
        f"the tokenizer keeps tokens, {limit}, and are cut; raise its "
        "max_length if their ends matter.",
        is_warning=True,
      )


def _weights(name: str, train: Examples) -> Iterator[Line]:
  facts = columns.describe(train.features[name], is_text=False)
  zero = int((train.features[name][:] == 0).sum())
  yield Line(name, f"weights: {facts.text}")
  if zero:
    yield Line(
      name,
      f"the weight is 0 in {zero} of {len(train)} examples of training, which "
      "don't count.",
      is_warning=True,
    )


def _repeats(
  found: repeats.Repeats, *, same_input: bool, on_purpose: bool
) -> Iterator[Line]:
  if found.train and found.example and not on_purpose:
    first, second = found.example
    yield Line(
      "training",
      f"{found.train} of {found.compared[0]} examples repeat another, such as "
      f"examples {first} and {second}; remove them unless they are meant to "
      "count more.",
      is_warning=True,
    )
  if found.contradicting:
    yield Line(
      "training",
      f"{found.contradicting} examples have other labels than an equal example.",
      is_warning=True,
    )
  if same_input:
    yield Line(
      "evaluation",
      "reads the training data, so metrics don't show how new data is predicted.",
      is_warning=True,
    )
  elif found.shared:
    yield Line(
      "evaluation",
      f"{found.shared} of {found.compared[1]} examples are in training, too, such "
      f"as example {found.shared_row}: metrics are too good; remove them from one.",
      is_warning=True,
    )
