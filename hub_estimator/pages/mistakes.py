"""The worst mistakes of a run, as they are."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import runs
from hub_estimator.pages.thumbnails import thumbnails

_MOST = 60
_MOST_OF_A_CLASS = 20
_MOST_LETTERS = 1000
_MOST_NUMBERS = 8


@dataclasses.dataclass(frozen=True)
class Mistake:
  """An example whose prediction is wrong, or far off.

  Attributes:
    row: its position in the evaluation data.
    true: its class or number.
    predicted: likewise.
    weight: the probability of the wrong class, or the distance between numbers.
    values: of its features, as text.
    picture: data URL of a small picture; None if there is none.
    file: path of the picture; None if there is none.
  """

  row: int
  true: str
  predicted: str
  weight: float
  values: Mapping[str, str]
  picture: str | None = None
  file: str | None = None


def worst(evidence: runs.Evidence, predicted: np.ndarray) -> list[Mistake]:
  """Returns the worst mistakes, the most confident or the farthest off first.

  Args:
    evidence: of a run.
    predicted: class ids or numbers [rows].
  """
  if evidence.kind == runs.NUMBER:
    weights = np.abs(predicted - evidence.labels)
    chosen = np.argsort(-weights, kind="stable")[:_MOST]
  else:
    weights = evidence.scores[np.arange(len(predicted)), predicted]
    wrong = np.flatnonzero(predicted != evidence.labels)
    chosen = _of_each_class(
      wrong[np.argsort(-weights[wrong], kind="stable")], evidence.labels
    )
  return [
    Mistake(
      **example,
      predicted=_name(evidence, predicted[i]),
      weight=float(weights[i]),
    )
    for i, example in zip(chosen, show(evidence, chosen), strict=True)
  ]


def show(
  evidence: runs.Evidence, chosen: Sequence[int] | np.ndarray
) -> list[dict[str, Any]]:
  """Returns examples as people see them: "row", "true", "values", "picture", "file".

  Args:
    evidence: of a run.
    chosen: positions in the evidence.
  """
  pictures = _pictures(evidence, chosen)
  found = []
  for i in chosen:
    picture, file = pictures.get(int(i), (None, None))
    found.append(
      {
        "row": int(evidence.rows[i]),
        "true": _name(evidence, evidence.labels[i]),
        "values": _values(evidence, int(i)),
        "picture": picture,
        "file": file,
      }
    )
  return found


def _of_each_class(ordered: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """Returns the first mistakes, not too many of one class."""
  taken: dict[int, int] = {}
  chosen = []
  for i in ordered.tolist():
    of_class = int(labels[i])
    taken[of_class] = taken.get(of_class, 0) + 1
    if taken[of_class] <= _MOST_OF_A_CLASS:
      chosen.append(i)
    if len(chosen) == _MOST:
      break
  return np.array(chosen, np.int64)


def _pictures(
  evidence: runs.Evidence, chosen: Sequence[int] | np.ndarray
) -> dict[int, tuple[str, str]]:
  """Returns (data URL, path) of the chosen examples, if they are pictures."""
  for name, paths in evidence.files.items():
    contents = [evidence.features[name][i] for i in chosen]
    small = thumbnails(contents)
    return {
      int(i): (picture, str(paths[i]))
      for i, picture in zip(chosen, small, strict=True)
    }
  return {}


def _name(evidence: runs.Evidence, value: Any) -> str:
  if evidence.kind == runs.NUMBER:
    return f"{value:.6g}"
  return evidence.classes[int(value)]


def _values(evidence: runs.Evidence, row: int) -> dict[str, str]:
  return {
    name: _text(column[row])
    for name, column in evidence.features.items()
    if name not in evidence.files
  }


def _text(value: Any) -> str:
  if isinstance(value, bytes):
    text = value.decode("utf-8", "replace")
    if sum(c == "\ufffd" for c in text) * 4 > len(text):
      return f"{len(value):,} bytes"
    return text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + "…"
  values = np.ravel(value)
  shown = [
    _text(v)
    if isinstance(v, bytes)
    else f"{v:.4g}"
    if v.dtype.kind == "f"
    else str(v)
    for v in list(values[:_MOST_NUMBERS])
  ]
  return ", ".join(shown) + (", …" if values.size > _MOST_NUMBERS else "")
