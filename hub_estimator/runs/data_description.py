"""What a run reads: its schema, the report on its data, and its first examples."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import inputs, schemas
from hub_estimator.experiments import Experiment
from hub_estimator.runs import known_data, run_model
from hub_estimator.training import ProcessCache

_EXAMPLES = 3
_MOST_NUMBERS = 8


@dataclasses.dataclass(frozen=True)
class DataDescription:
  """What a run reads.

  Attributes:
    schema: features and labels.
    report: lines about both inputs.
    examples: the first ones of training, their values as text.
  """

  schema: schemas.Schema
  report: schemas.DataReport
  examples: Sequence[Mapping[str, str]]


def describe_data(experiment: Experiment) -> DataDescription:
  """Returns what a run reads; builds no graph.

  Args:
    experiment: the run's definition.

  Raises:
    UserError: the data can't be read, or doesn't fit the modules or the head.
  """
  cache = ProcessCache()
  infos = run_model.checked_infos(experiment)
  data = known_data.read(experiment, infos, cache)
  specs = run_model.served_specs(data.experiment, infos, data.train)
  schema = known_data.make_schema(data, infos, specs)
  report = known_data.make_report(
    data,
    schema,
    cache,
    max_lengths=run_model.max_lengths(data.experiment, infos, specs),
  )
  return DataDescription(schema, report, list(map(_shown, _first(data.train))))


def _first(examples: inputs.Examples) -> list[dict[str, Any]]:
  """Returns the first examples, files of images by their paths."""
  rows = slice(0, _EXAMPLES)
  columns: dict[str, Any] = {}
  for name, column in examples.features.items():
    paths = inputs.file_paths(column)
    columns[name] = (column if paths is None else paths)[rows]
  if isinstance(examples.labels, Mapping):
    columns |= {n: labels[rows] for n, labels in examples.labels.items()}
  elif examples.labels is not None:
    labels = examples.labels[rows]
    if examples.classes is not None:
      labels = np.array([examples.classes[i] for i in labels], object)
    columns["label"] = labels
  count = min(_EXAMPLES, len(examples))
  return [{n: v[i] for n, v in columns.items()} for i in range(count)]


def _shown(example: Mapping[str, Any]) -> dict[str, str]:
  return {name: _text(value) for name, value in example.items()}


def _text(value: Any) -> str:
  if isinstance(value, bytes):
    return value.decode("utf-8", "replace")
  if isinstance(value, np.ndarray) and value.size > _MOST_NUMBERS:
    return f"{value.dtype.name} {list(value.shape)}"
  if isinstance(value, np.ndarray):
    return str(
      [_text(v) if isinstance(v, bytes) else v for v in value.tolist()]
    )
  return str(value)
