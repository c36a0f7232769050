"""Logits have the width of their head, each head its own."""

import numpy as np
import pytest

from hub_estimator import heads, runs
from hub_estimator.errors import UserError
from hub_estimator.model import tops
from hub_estimator.model.encoders import Taps
from hub_estimator.model.logits import build_logits
from hub_estimator.modules import ModuleSource
from hub_estimator.tensorflow_runtime import tf
from tests.model.pairs import pairs_experiment
from tests.small_runs import make_experiment


def test_outputs_for_heads_that_do_not_exist_are_refused(
  two_outputs, pairs_npz
):
  experiment = pairs_experiment(
    two_outputs,
    pairs_npz,
    Taps(ModuleSource(two_outputs), {"near": "default", "stars": "hidden"}),
    features=["a"],
    label=["near", "gap"],
    head=heads.Multi({"near": heads.Binary(), "gap": heads.Regression()}),
  )
  with pytest.raises(
    UserError, match="gives outputs for the heads near, stars"
  ):
    runs.check(experiment)


@pytest.mark.parametrize(
  "head, label, dtype",
  [
    (heads.MultiClass(3), "z", np.int64),
    (heads.Regression(), "y", np.float32),
    (heads.Binary(), "label", np.int64),
  ],
)
def test_the_top_is_sized_by_the_head(dense, numbers_npz, head, label, dtype):
  experiment = make_experiment(dense, numbers_npz, head=head, label=label)
  assert experiment.train_input.read().labels.dtype == dtype
  checked = runs.check(experiment)
  assert checked.variables["head/logits/kernel"] == (
    3,
    head.build().logits_dimension,
  )


def test_each_head_has_a_top_with_its_name_and_width():
  head = heads.Multi({"near": heads.Binary(), "kind": heads.MultiClass(3)})
  with tf.Graph().as_default():
    inputs = {"near": tf.zeros([2, 4]), "kind": tf.zeros([2, 5])}
    logits, losses = build_logits(
      tops.Linear(l2=0.1), inputs, head.build(), training=True
    )
    kernels = {v.op.name: v.shape.as_list() for v in tf.trainable_variables()}
  assert {n: x.shape.as_list() for n, x in logits.items()} == {
    "near": [2, 1],
    "kind": [2, 3],
  }
  assert len(losses) == 2
  assert kernels["near/head/logits/kernel"] == [4, 1]
  assert kernels["kind/head/logits/kernel"] == [5, 3]
