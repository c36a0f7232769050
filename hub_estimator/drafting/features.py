"""The columns of a table that a module reads."""

import dataclasses
from collections.abc import Mapping, Sequence

from hub_estimator.drafting.asking import Ask
from hub_estimator.errors import UserError
from hub_estimator.modules import inspecting
from hub_estimator.surveying import IMAGE, Column, Survey


@dataclasses.dataclass(frozen=True)
class Features:
  """What a module reads of a table.

  Attributes:
    columns: that are read.
    image_column: of the paths of images; None if there are none.
    vector: the feature that all columns become; None if each is a feature.
    inputs: the feature for each of the module's inputs.
  """

  columns: Sequence[str]
  image_column: str | None = None
  vector: str | None = None
  inputs: Mapping[str, str] = dataclasses.field(default_factory=dict)


def choose_features(
  survey: Survey, label: str, needs: inspecting.Needs, ask: Ask
) -> Features:
  """Returns the columns that a module reads.

  Args:
    survey: of the table.
    label: its column of labels.
    needs: of the module.
    ask: chooses among several columns that would do.

  Raises:
    UserError: no columns fit the module.
  """
  columns = [column for column in survey.columns if column.name != label]
  if needs.kind == inspecting.TEXT:
    name = _one(survey, columns, ("text", "name", "list"), needs, ask)
    return Features([name], inputs=dict.fromkeys(needs.inputs, name))
  if needs.kind == inspecting.IMAGES:
    return _images(survey, columns, needs, ask)
  if needs.kind == inspecting.VECTOR:
    return _vector(survey, columns, needs)
  names = {column.name for column in columns}
  if set(needs.inputs) <= names:
    return Features(sorted(needs.inputs))
  missing = ", ".join(sorted(set(needs.inputs) - names))
  raise UserError(
    f"The module reads the columns {', '.join(sorted(needs.inputs))}, and "
    f"{survey.path} lacks {missing}; it has {_show(columns)}."
  )


def _images(
  survey: Survey, columns: Sequence[Column], needs: inspecting.Needs, ask: Ask
) -> Features:
  kinds = ("image file", "array")
  name = _one(survey, columns, kinds, needs, ask)
  is_table = survey.format not in ("image_folder", "npz")
  feature = IMAGE if is_table else name
  return Features(
    [name],
    image_column=name if is_table else None,
    inputs=dict.fromkeys(needs.inputs, feature),
  )


def _vector(
  survey: Survey, columns: Sequence[Column], needs: inspecting.Needs
) -> Features:
  (module_input,) = needs.inputs
  arrays = [
    column.name
    for column in columns
    if (column.shape is not None and column.shape[-1:] == (needs.width,))
    or (column.kind == "list" and column.range == (needs.width, needs.width))
  ]
  if arrays:
    return Features(arrays[:1], inputs={module_input: arrays[0]})
  numbers = [c.name for c in columns if c.kind in ("number", "integer")]
  is_table = survey.format in ("csv", "jsonl", "parquet")
  if is_table and numbers and needs.width in (None, len(numbers)):
    inputs = {module_input: module_input}
    return Features(numbers, vector=module_input, inputs=inputs)
  raise UserError(
    f"The module reads a vector of {needs.width} numbers, and {survey.path} has "
    f"{len(numbers)} columns of numbers besides the label: {_show(columns)}."
  )


def _one(
  survey: Survey,
  columns: Sequence[Column],
  kinds: Sequence[str],
  needs: inspecting.Needs,
  ask: Ask,
) -> str:
  """Returns the column of one of some kinds, the first kind first."""
  found = sorted(
    (column for column in columns if column.kind in kinds),
    key=lambda c: (kinds.index(c.kind), -(c.words[1] if c.words else 0)),
  )
  if not found:
    raise UserError(
      f"The module reads {needs.kind}, and no column of {survey.path} holds any; it "
      f"has {_show(columns)} besides the label."
    )
  # Others are asked about only if there is none of the best kind.
  names = [column.name for column in found if column.kind == found[0].kind]
  if len(names) == 1:
    return names[0]
  return ask(f"Which column holds the {needs.kind}?", names, names[0])


def _show(columns: Sequence[Column]) -> str:
  return ", ".join(f"{c.name} ({c.kind})" for c in columns) or "nothing"
