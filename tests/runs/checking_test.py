import numpy as np
import pytest

from hub_estimator import heads, inputs, optimizers, runs
from hub_estimator.errors import UserError
from hub_estimator.model import tops
from hub_estimator.preprocessing import adapters
from tests.small_runs import make_experiment, replace
from tests.training.seams import CountingCache

# Files of the room that these tests cover, beside their own.
COVERS = ("building", "reading", "run_model")


def test_a_run_that_fits_is_described(batch_norm, numbers_npz):
  checked = runs.check(make_experiment(batch_norm, numbers_npz))
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
    ({"head": heads.MultiLabel(2)}, r"expects \[examples, 2\]"),
  ],
)
def test_what_would_fail_later_is_found(batch_norm, numbers_npz, change, why):
  with pytest.raises(UserError, match=why) as caught:
    runs.check(make_experiment(batch_norm, numbers_npz, **change))
  assert "\n" not in str(caught.value)


def test_a_feature_of_another_type_is_found(
  text, dense, numbers_npz, sentences_csv
):
  with pytest.raises(UserError, match="is float32, and the module"):
    runs.check(make_experiment(text, numbers_npz))
  with pytest.raises(
    UserError, match="is string, and the module wants float32"
  ):
    runs.check(make_experiment(dense, sentences_csv))


def test_splits_with_other_features_are_found(dense, numbers_npz, tmp_path):
  np.savez(tmp_path / "e.npz", x=np.ones((2, 5), np.float32), label=[0, 1])
  experiment = make_experiment(
    dense, numbers_npz, eval_input=inputs.Npz(str(tmp_path / "e.npz"))
  )
  with pytest.raises(UserError, match="differ in their features"):
    runs.check(experiment)


def test_a_split_without_labels_is_found(dense, numbers_npz):
  experiment = make_experiment(
    dense,
    numbers_npz,
    eval_input=inputs.Npz(numbers_npz, features=["x"], label=None),
  )
  with pytest.raises(UserError, match="run.eval_input .* has no labels"):
    runs.check(experiment)


def _modes(cache):
  return [kind for kind in cache.made if kind in ("infer", "train", "eval")]


@pytest.mark.slow
def test_a_check_builds_again_only_what_differs(dense, numbers_npz):
  experiment = make_experiment(dense, numbers_npz, module_trainable=False)
  cache = CountingCache()
  first = runs.check(experiment, cache=cache)
  assert _modes(cache) == ["infer", "train", "eval"]
  for change, again in (
    ({"seed": 5, "batch_size": 8}, []),
    ({"optimizer": optimizers.Adam(0.1)}, []),
    ({"optimizer": optimizers.Adam(0.1, beta1=0.8)}, ["train"]),
    ({"optimizer": optimizers.SGD(0.1)}, ["train"]),
    ({"eval_input": inputs.Npz(numbers_npz, features=["x"])}, []),
    ({"top": tops.MLP([2])}, ["infer", "train", "eval"]),
  ):
    cache.made.clear()
    checked = runs.check(replace(experiment, **change), cache=cache)
    assert _modes(cache) == again, change
    assert checked.specs == first.specs
    assert checked.eval is first.eval
  # An empty cache builds all.
  alone = CountingCache()
  runs.check(experiment, cache=alone)
  assert len(_modes(alone)) == 3
