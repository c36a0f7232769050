"""The model of most runs reads encoder, top and head."""

import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model import encoders, models
from hub_estimator.modules import ModuleSource
from tests.small_runs import make_experiment, replace

# Files of the room that these tests cover, beside their own.
COVERS = ("interface",)


def test_it_is_the_default_and_identified_by_head_and_top(dense, numbers_npz):
  experiment = make_experiment(dense, numbers_npz)
  assert experiment.model == models.Transfer()
  identity = experiment.model.identity(experiment)
  assert identity == {
    "head": repr(heads.Binary()),
    "top": repr(experiment.top),
  }
  (application,) = experiment.applications()
  assert application.module == ModuleSource(dense)


@pytest.mark.parametrize(
  "missing, why",
  [
    ({"head": heads.AnyLabels()}, "run.head is missing; .* one of @heads"),
    ({"encoder": encoders.NoModule()}, "run.encoder is missing; .*@encoder"),
  ],
)
def test_a_missing_part_is_named(dense, numbers_npz, missing, why):
  with pytest.raises(UserError, match=why):
    replace(make_experiment(dense, numbers_npz), **missing)


def test_a_model_is_called_not_named(dense, numbers_npz):
  with pytest.raises(UserError, match="run.model is .* one of @models"):
    make_experiment(dense, numbers_npz, model=models.Transfer)
  assert Experiment.__dataclass_fields__["model"].default == models.Transfer()
