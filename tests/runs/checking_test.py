import functools

import numpy as np
import pytest

from hub_estimator import heads, inputs
from hub_estimator.errors import UserError
from hub_estimator.preprocessing import adapters
from hub_estimator.runs import checking
from hub_estimator.runs import experiment as experiments
from tests.small_runs import make_experiment


def test_a_run_that_fits_is_described(batch_norm, numbers_npz):
  checked = checking.check(make_experiment(batch_norm, numbers_npz))
  assert checked.train_tags == {"module": {"train"}}
  assert len(checked.train) == 96
  assert checked.variables == {
    "module/kernel": (4, 3),
    "module/gamma": (3,),
    "module/moving_mean": (3,),
    "module/moving_variance": (3,),
    "head/logits/kernel": (3, 1),
    "head/logits/bias": (1,),
  }


@pytest.mark.parametrize(
  "change, why",
  [
    ({"module_handle": "/no/such/module"}, "'/no/such/module' doesn't exist"),
    ({"module_signature": "ohter"}, "did you mean 'other'"),
    ({"module_output": "embedding"}, "no output 'embedding'"),
    ({"module_tags": ["training"]}, "no graph variant with tags"),
    ({"adapter": adapters.Adapter({"x": "y"})}, "no feature 'y'"),
    ({"label": "z"}, "Label 2 of example"),
    ({"label": "y"}, r"Label .* isn't one of the head's classes"),
    ({"head": heads.MultiLabel(2)}, r"wants \[examples, 2\]"),
  ],
)
def test_what_would_fail_later_is_found(batch_norm, numbers_npz, change, why):
  with pytest.raises(UserError, match=why) as caught:
    checking.check(make_experiment(batch_norm, numbers_npz, **change))
  assert "\n" not in str(caught.value)


def test_a_feature_of_another_type_is_found(
  text, dense, numbers_npz, sentences_csv
):
  with pytest.raises(
    UserError, match="is float32, and the module wants string"
  ):
    checking.check(make_experiment(text, numbers_npz))
  with pytest.raises(
    UserError, match="is string, and the module wants float32"
  ):
    checking.check(make_experiment(dense, sentences_csv))


def test_splits_with_other_features_are_found(dense, numbers_npz, tmp_path):
  np.savez(tmp_path / "e.npz", x=np.ones((2, 5), np.float32), label=[0, 1])
  experiment = make_experiment(
    dense, numbers_npz, eval_input=inputs.Npz(str(tmp_path / "e.npz"))
  )
  with pytest.raises(UserError, match="differ in their features"):
    checking.check(experiment)


def test_a_split_without_labels_is_found(dense, numbers_npz):
  experiment = make_experiment(
    dense,
    numbers_npz,
    eval_input=inputs.Npz(numbers_npz, features=["x"], label=None),
  )
  with pytest.raises(UserError, match="run.eval_input .* has no labels"):
    checking.check(experiment)


def test_a_value_of_another_kind_gets_one_line_with_its_place(
  dense, numbers_npz, tmp_path, monkeypatch
):
  broken = functools.partial(int, "seven")
  monkeypatch.setattr(checking, "make_model", lambda *args: broken())
  experiment = make_experiment(dense, numbers_npz)
  # It passed through this file, which is no part of the package.
  with pytest.raises(ValueError, match="invalid literal"):
    experiments.check_run(experiment, str(tmp_path / "run"))
  monkeypatch.setattr(checking, "make_model", functools.partial(broken, 10, 1))
  with pytest.raises(
    UserError, match=r"TypeError: .*\(checking\.py, line \d+: infos, function"
  ) as told:
    experiments.check_run(experiment, str(tmp_path / "run"))
  assert "\n" not in str(told.value)
