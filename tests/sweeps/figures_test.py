"""Which figures the trials of a sweep suffice for."""

import dataclasses

import pytest

from hub_estimator.sweeps import Sweep, leaderboard, read_space
from hub_estimator.sweeps.figures import make_figures
from tests.sweeps import small

_SPACE = read_space({"HANDLE": ["/a", "/b"], "rate": [0.1, 0.2]})


def _headings(tmp_path, values, sweep=None, **attributes):
  sweep = sweep or Sweep(_SPACE, goals=["loss"], strategy="grid")
  study = small.study_with(tmp_path, sweep, values, **attributes)
  rows = leaderboard.make_rows(study, sweep)
  return [f.heading for f in make_figures(study, rows, sweep)]


@pytest.mark.slow
@pytest.mark.parametrize(
  ("values", "headings"),
  [
    ([None], []),
    ([0.5], []),
    ([0.5, 0.4], ["Parallel coordinates"]),
    (
      [0.5, 0.4, 0.3, 0.2],
      ["Importance of each parameter", "Parallel coordinates"],
    ),
  ],
)
def test_more_trials_give_more_figures(tmp_path, values, headings):
  assert _headings(tmp_path, values) == headings


def test_curves_are_drawn_for_trials_that_have_them(tmp_path):
  curve = [[10, 0.6], [20, 0.5]]
  assert _headings(tmp_path, [0.5], curve=curve) == ["Curves"]


def test_two_goals_have_a_front(tmp_path):
  sweep = Sweep(_SPACE, goals=["accuracy", "bytes"], strategy="grid")
  values = [[0.7, 10], [0.6, 5], [0.65, 20], [0.5, 4]]
  assert _headings(tmp_path, values, sweep) == [
    "Both goals",
    "Importance of each parameter",
    "Parallel coordinates",
  ]


def test_modules_are_compared_by_the_first_goal(tmp_path):
  sweep = Sweep(_SPACE, goals=["loss"], strategy="grid")
  study = small.study_with(tmp_path, sweep, [0.5, 0.4, 0.3, 0.2])
  rows = [
    dataclasses.replace(row, modules={"module": f"/m{row.params['HANDLE']}"})
    for row in leaderboard.make_rows(study, sweep)
  ]
  figure = list(make_figures(study, rows, sweep))[-1]
  assert figure.heading == "Modules"
  boxes = {box.name: sorted(box.y) for box in figure.drawing.data}
  assert boxes == {"a": [0.4, 0.5], "b": [0.2, 0.3]}
