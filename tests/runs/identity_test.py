"""A model_dir keeps to its module and head."""

import dataclasses
import shutil

import pytest

from hub_estimator import (
  heads,
  runs,
  testing,
)
from hub_estimator.errors import UserError
from hub_estimator.model import encoders, tops
from tests.small_runs import make_experiment, replace, tree_digest


def _with_module(experiment, **changes):
  source = dataclasses.replace(experiment.encoder.module, **changes)
  return replace(experiment, encoder=encoders.Encoder(source))


@pytest.mark.parametrize(
  "what, change",
  [
    ("handle", lambda e, p: _with_module(e, handle=p["other"])),
    ("signature", lambda e, p: _with_module(e, signature="other")),
    ("head", lambda e, p: replace(e, head=heads.LogisticRegression())),
    ("top", lambda e, p: replace(e, top=tops.MLP([3]))),
  ],
)
def test_resuming_with_something_else_is_refused_and_touches_nothing(
  batch_norm, numbers_npz, tmp_path, trained_runs, what, change
):
  experiment = make_experiment(batch_norm, numbers_npz)
  trained_runs.copy(experiment, tmp_path / "run")
  before = tree_digest(tmp_path / "run")
  other = testing.batch_norm_module(str(tmp_path / "other"), l2=0.5)
  changed = change(experiment, {"other": other})
  with pytest.raises(
    UserError, match=f"was trained with the {what} .*and now it is"
  ):
    runs.train(changed, str(tmp_path / "run"))
  assert tree_digest(tmp_path / "run") == before


@pytest.mark.slow
def test_resuming_after_the_module_changed_in_place_is_refused(
  numbers_npz, tmp_path
):
  path = testing.batch_norm_module(str(tmp_path / "m"))
  experiment = make_experiment(path, numbers_npz)
  runs.train(experiment, str(tmp_path / "run"))
  shutil.rmtree(path)
  testing.batch_norm_module(path, momentum=0.5)
  with pytest.raises(UserError, match="content"):
    runs.train(experiment, str(tmp_path / "run"))
