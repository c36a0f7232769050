"""Studies that can't be opened, or belong to another sweep."""

import optuna
import pytest

from hub_estimator.errors import UserError
from hub_estimator.sweeps import Sweep, open_study, read_space
from hub_estimator.sweeps.study import identity_of


def _sweep(**changes):
  space = read_space({"rate": ("float", 0.0, 1.0)})
  return Sweep(space, **{"max_trials": 3, **changes})


@pytest.fixture
def url(tmp_path):
  return f"sqlite:///{tmp_path}/study.db"


def _open(url, sweep, **changes):
  return open_study(url, "s", sweep, **{"identity": "i", **changes})


def test_a_study_of_another_config_or_out_of_reach_is_refused(url, tmp_path):
  _open(url, _sweep())
  with pytest.raises(UserError, match="belongs to another config or space"):
    _open(url, _sweep(), identity="other")
  with pytest.raises(UserError, match="can't be opened at 'sqlite:////no/"):
    _open("sqlite:////no/such/folder/study.db", _sweep())
  (tmp_path / "bad.db").write_bytes(b"this is no database " * 100)
  with pytest.raises(UserError, match="can't be opened at .*bad.db"):
    _open(f"sqlite:///{tmp_path}/bad.db", _sweep())


def test_the_identity_is_that_of_older_releases():
  space = read_space(
    {
      "HANDLE": ["/a", "/b"],
      "bundle": {"x": {"A": 1}, "y": {"B": ("log", 0.1, 1.0)}},
      "steps": ("int", 1, 3),
    }
  )
  base = "MAX_STEPS = 20\n"
  assert identity_of(base, Sweep(space)) == "5ce438451939f98f"
  assert identity_of(base, Sweep(space, max_trials=7)) == "5ce438451939f98f"
  assert identity_of(base, Sweep(space, repeats=2)) != "5ce438451939f98f"
  assert identity_of("MAX_STEPS = 30\n", Sweep(space)) != "5ce438451939f98f"


def test_directions_follow_the_goals(url):
  study = _open(url, _sweep(goals=["accuracy", "bytes"]))
  assert study.directions == [
    optuna.study.StudyDirection.MAXIMIZE,
    optuna.study.StudyDirection.MINIMIZE,
  ]
