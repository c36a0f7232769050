"""What a run predicts for its evaluation data, beside what is true."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator import heads, inputs, schemas
from hub_estimator.model_dir import Workdir
from hub_estimator.runs import known_data
from hub_estimator.runs.estimators import make_run_model
from hub_estimator.runs.predicting import predict
from hub_estimator.runs.run import open_with_experiment

BINARY, CLASSES, NUMBER = "binary", "classes", "number"
_KINDS = {
  heads.Binary: BINARY,
  heads.MultiClass: CLASSES,
  heads.Regression: NUMBER,
}


@dataclasses.dataclass(frozen=True)
class Evidence:
  """Predictions and labels of evaluation examples.

  Attributes:
    kind: BINARY, CLASSES or NUMBER.
    classes: their names, in the order of ids; empty for numbers.
    labels: class ids or numbers [rows].
    scores: probabilities [rows, classes], or predicted numbers [rows].
    threshold: of a binary head, above which a row is of class 1.
    features: columns [rows, ...] by name; images by their contents.
    rows: positions of the examples in the evaluation data.
    total: how many examples evaluation has.
    files: paths of images, by feature.
  """

  kind: str
  classes: tuple[str, ...]
  labels: np.ndarray
  scores: np.ndarray
  threshold: float
  features: Mapping[str, np.ndarray]
  rows: np.ndarray
  total: int
  files: Mapping[str, np.ndarray]


def collect_evidence(
  model_dir: str | os.PathLike[str], *, most_rows: int = 5000, seed: int = 0
) -> Evidence | None:
  """Returns what a run's last checkpoint predicts for its evaluation data.

  Args:
    model_dir: of the run.
    most_rows: of more examples, as many are drawn.
    seed: of the draw.

  Returns:
    None if the run's head isn't a single one of binary, multi_class or regression of
    one number.

  Raises:
    UserError: there is no run, or its evaluation data has gone or changed its columns.
  """
  workdir, manifest, experiment = open_with_experiment(model_dir, None)
  kind = _KINDS.get(type(experiment.head))
  if kind is None:
    return None
  infos, _ = make_run_model(experiment, workdir, manifest)
  examples = known_data.match(
    experiment.eval_input.read(), experiment, infos, workdir
  )
  rows = np.arange(len(examples))
  if len(rows) > most_rows:
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(rows, most_rows, replace=False))
  features, labels = examples.take(rows)
  if not isinstance(labels, np.ndarray):
    return None
  schema = schemas.read(workdir.schema)
  used = (
    features if schema is None else {n: features[n] for n in schema.features}
  )
  predicted = predict(model_dir, used, experiment=experiment)
  name = "predictions" if kind == NUMBER else "probabilities"
  if name not in predicted:
    return None  # A model_fn of the user's own.
  scores = np.asarray(predicted[name])
  if kind == NUMBER and scores.shape[1:] != (1,):
    return None  # Several numbers a row.
  names = _class_names(workdir, scores.shape[-1]) if kind != NUMBER else ()
  files = {n: inputs.file_paths(c) for n, c in examples.features.items()}
  return Evidence(
    kind,
    names,
    _ids(labels, names) if kind != NUMBER else labels.reshape(-1).astype(float),
    scores[:, 0] if kind == NUMBER else scores,
    getattr(experiment.head, "threshold", 0.5),
    features,
    rows,
    len(examples),
    {n: paths[rows] for n, paths in files.items() if paths is not None},
  )


def _class_names(workdir: Workdir, count: int) -> tuple[str, ...]:
  schema = schemas.read(workdir.schema)
  known = schema.classes() if schema is not None else None
  if known is None or len(known) != count:
    return tuple(str(i) for i in range(count))
  return known


def _ids(labels: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
  flat: list[Any] = labels.reshape(-1).tolist()
  if labels.dtype.kind != "O":
    return np.array(flat, np.int64)
  places = {name: i for i, name in enumerate(names)}
  return np.array([places[label.decode()] for label in flat], np.int64)
