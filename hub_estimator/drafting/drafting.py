"""Drafts a run config: decides, and says what was decided."""

import dataclasses
from collections.abc import Iterator, Sequence

from hub_estimator.drafting import labels
from hub_estimator.drafting.asking import Ask, take_default
from hub_estimator.drafting.evaluation_data import find_evaluation
from hub_estimator.drafting.features import Features, choose_features
from hub_estimator.drafting.inputs_text import data_bindings, quoted
from hub_estimator.drafting.labels import Label, choose_label
from hub_estimator.errors import UserError, nearest
from hub_estimator.modules import ModuleInfo, inspecting
from hub_estimator.surveying import Survey, Table, read_table, survey

_SHOWN = 8
_EPOCHS = 10
_LEAST_STEPS, _MOST_STEPS = 100, 20_000
_EVALUATIONS = 10
_TRAIN_SHARE = 0.8
HEADS = {
  labels.BINARY: "binary",
  labels.CLASSES: "multi_class",
  labels.SEVERAL: "multi_label",
  labels.NUMBER: "regression",
}


@dataclasses.dataclass(frozen=True)
class Draft:
  """A run config.

  Attributes:
    text: of the gin file.
    decisions: what was decided, a sentence each; they are in the text as well.
  """

  text: str
  decisions: tuple[str, ...]


def draft(
  path: str,
  info: ModuleInfo,
  *,
  evaluation: str | None = None,
  label: str | None = None,
  ask: Ask = take_default,
) -> Draft:
  """Returns a run config that fine-tunes a module on data.

  Args:
    path: a csv, tsv, jsonl, Parquet, Arrow or npz file, or a folder of images.
    info: of the module.
    evaluation: path of the evaluation data; None looks for it beside the training data,
      and splits that if there is none.
    label: the column of labels; None chooses one.
    ask: is asked where several choices are possible.

  Raises:
    UserError: the data can't be read, has no label, or doesn't fit the module.
  """
  if evaluation is None:
    path, evaluation = find_evaluation(path)
  table = read_table(path)
  beside = None if evaluation is None else read_table(evaluation)
  found = survey(table, beside)
  needs = inspecting.needs_of(info)
  chosen = choose_label(table, found, ask, named=label, taken=_pictures(found))
  if chosen.is_number_as_text and found.format != "csv":
    raise UserError(
      f"The label {chosen.column!r} of {path} has the classes "
      f"{', '.join(chosen.counts)}; as numbers, classes are 0, 1, 2 and so on. Write "
      "them as text, or renumber them."
    )
  features = choose_features(found, chosen.column, needs, ask)
  if beside is not None:
    _check_alike(table, beside, [chosen.column, *features.columns])
  decisions = tuple(_decisions(found, chosen, features, evaluation))
  lines = [
    f"# Fine-tunes {info.handle} on {path}.",
    "#",
    *(f"# {decision}" for decision in decisions),
    "",
    'include "base.gin"',
    "",
    *inspecting.module_bindings(
      info, text=features.columns[0], features=features.inputs
    ),
    "",
    *_head(chosen),
    "",
    *data_bindings(found, chosen, features, evaluation),
    "",
    *_steps(found.rows, evaluation is None, needs.batch_size),
  ]
  return Draft("\n".join(lines) + "\n", decisions)


def _check_alike(table: Table, beside: Table, names: Sequence[str]) -> None:
  """Raises a UserError unless evaluation data is read as training data is."""
  if beside.format != table.format:
    raise UserError(
      f"{beside.path} is read by inputs.{beside.format}, and {table.path} by "
      f"inputs.{table.format}; training and evaluation need the same format."
    )
  for name in names:
    if name not in beside.columns:
      raise UserError(
        f"{beside.path} has no column {name!r}; {nearest(name, beside.columns)}"
      )


def _pictures(found: Survey) -> list[str]:
  return [c.name for c in found.columns if c.kind == "image file"]


def _decisions(
  found: Survey, label: Label, features: Features, evaluation: str | None
) -> Iterator[str]:
  counts = [f"{name} {n:,}" for name, n in label.counts.items()]
  more = f" and {len(counts) - _SHOWN} more" if len(counts) > _SHOWN else ""
  shown = f": {', '.join(counts[:_SHOWN])}{more}" if counts else ""
  yield f"Label: {label.column}, {label.kind}{shown}."
  yield f"Read by the module: {', '.join(features.columns)}."
  unused = [
    c.name
    for c in found.columns
    if c.name not in features.columns and c.name != label.column
  ]
  if unused:
    yield f"Not read: {', '.join(unused)}."
  if evaluation is None:
    yield "Evaluation: on a fifth of the rows, which don't train."
  else:
    shared = 0 if found.leakage is None else found.leakage.shared
    twice = (
      f"; {shared} of its rows are in the training data, too" if shared else ""
    )
    yield f"Evaluation: on {evaluation}{twice}."


def _head(label: Label) -> Iterator[str]:
  yield f"HEAD = @heads.{HEADS[label.kind]}()"
  if label.kind == labels.SEVERAL:
    names = sorted(label.counts)
    if all(name.isdigit() for name in names) and label.separator is None:
      count = max(map(int, names)) + 1
      yield f"heads.multi_label.n_classes = {count}"
    else:
      yield f"heads.multi_label.label_vocabulary = {quoted(names)}"


def _steps(rows: int, is_split: bool, batch_size: int | None) -> Iterator[str]:
  if is_split:
    rows = max(1, int(rows * _TRAIN_SHARE))
  if batch_size is not None:
    size, why = batch_size, "the only one that the graph takes"
  else:
    size, why = (64, "examples") if rows >= 2000 else (16, "examples")
  epochs = _EPOCHS * -(-rows // size)
  steps = min(max(epochs, _LEAST_STEPS), _MOST_STEPS)
  yield f"BATCH_SIZE = {size}  # {why}"
  yield f"MAX_STEPS = {steps}  # optimizer steps; {steps * size / rows:.3g} epochs"
  yield f"EVAL_EVERY_STEPS = {max(1, steps // _EVALUATIONS)}  # optimizer steps"
