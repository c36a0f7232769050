"""The lines of a run config that say how its data is read."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from hub_estimator.drafting.features import Features
from hub_estimator.drafting.labels import SEVERAL, Label
from hub_estimator.surveying import Survey


def data_bindings(
  survey: Survey, label: Label, features: Features, evaluation: str | None
) -> Iterator[str]:
  """Yields bindings of `run.train_input` and `run.eval_input`.

  Args:
    survey: of the training data.
    label: of the data.
    features: that are read.
    evaluation: path of the evaluation data; None splits the training data.
  """
  readers = [survey.format]
  if features.image_column is not None:
    readers.insert(0, "image_table")
  if features.vector is not None:
    readers.insert(0, "vector")
  if evaluation is None:
    yield "# One row in five is for evaluation. A hash of its content decides, so rows"
    yield "# with equal content are in the same part."
    if survey.format != "image_folder":
      readers.insert(0, "split")
  for part in ("train", "eval"):
    yield f"run.{part}_input = @{part}/inputs.{readers[0]}()"
  if evaluation is None:
    name = "split.part" if readers[0] == "split" else "image_folder.split"
    for part in ("train", "eval"):
      yield f'{part}/inputs.{name} = "{part}"'
  yield from _sources(readers, is_split=evaluation is None)
  if evaluation is None:
    yield f"inputs.{survey.format}.path = {quoted(survey.path)}"
  else:
    yield f"train/inputs.{survey.format}.path = {quoted(survey.path)}"
    yield f"eval/inputs.{survey.format}.path = {quoted(evaluation)}"
  if features.image_column is not None:
    yield f"inputs.image_table.path_column = {quoted(features.image_column)}"
  if features.vector is not None:
    yield f"inputs.vector.columns = {quoted(list(features.columns))}"
    yield f"inputs.vector.name = {quoted(features.vector)}"
  if survey.format != "image_folder":
    yield from _options(survey, label, features)


def _sources(readers: Sequence[str], *, is_split: bool) -> Iterator[str]:
  for outer, inner in zip(readers, readers[1:], strict=False):
    if is_split:
      yield f"inputs.{outer}.source = @inputs.{inner}()"
    else:
      for part in ("train", "eval"):
        yield f"{part}/inputs.{outer}.source = @{part}/inputs.{inner}()"


def _options(survey: Survey, label: Label, features: Features) -> Iterator[str]:
  reader = f"inputs.{survey.format}"
  yield f"{reader}.features = {quoted(list(features.columns))}"
  yield f"{reader}.label = {quoted(label.column)}"
  if ".tsv" in survey.path.lower():
    yield f'{reader}.delimiter = "\\t"'
  if label.kind == SEVERAL and label.separator is not None:
    yield f"{reader}.label_separator = {quoted(label.separator)}"
  if label.is_number_as_text and survey.format == "csv":
    yield f'{reader}.dtypes = {{{quoted(label.column)}: "string"}}  # names of classes'
  gaps = {
    name: survey.column(name).missing
    for name in features.columns
    if survey.column(name).kind not in ("text", "name")
    or survey.format != "csv"
  }
  gaps[label.column] = label.missing
  shown = [f"{name} in {n}" for name, n in gaps.items() if n]
  if shown and survey.format != "npz":
    yield f"# Values are missing ({', '.join(shown)} rows): such rows are left out."
    yield f'{reader}.bad_records = "skip"'


def quoted(value: Any) -> str:
  """Returns a value as gin writes it, text in double quotes."""
  return json.dumps(value, ensure_ascii=False)
