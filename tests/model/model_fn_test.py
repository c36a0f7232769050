"""The model_fn: a variant, dropout and weights as each mode wants them."""

import numpy as np
import pytest

from hub_estimator import exporting, heads, optimizers, runs
from hub_estimator.errors import UserError
from hub_estimator.model import tops
from hub_estimator.model.encoders import Encoder
from hub_estimator.modules import ModuleSource
from hub_estimator.tensorflow_runtime import tf
from tests.model.build import build_mode
from tests.model.pairs import apply, pairs_experiment
from tests.small_runs import make_experiment

# Files of the room that these tests cover, beside their own.
COVERS = ("model_variables", "training_step")


@pytest.mark.parametrize("mode", ["train", "eval", "infer"])
def test_each_mode_has_its_variant(batch_norm, numbers_npz, mode):
  with tf.Graph().as_default():
    build_mode(make_experiment(batch_norm, numbers_npz), mode)
    tags = "moments" in " ".join(
      op.name for op in tf.get_default_graph().get_operations()
    )
    assert tags == (mode == "train")


def test_dropout_is_in_training_only(dense, numbers_npz):
  experiment = make_experiment(dense, numbers_npz, top=tops.Linear(dropout=0.5))
  for mode in ("train", "eval", "infer"):
    with tf.Graph().as_default():
      build_mode(experiment, mode)
      names = [op.name for op in tf.get_default_graph().get_operations()]
    assert any("stateless_dropout" in n for n in names) == (mode == "train")


@pytest.mark.slow
def test_weights_weigh_examples_and_are_not_served(dense, pairs_npz, tmp_path):
  experiment = pairs_experiment(
    dense,
    pairs_npz,
    Encoder(ModuleSource(dense, trainable=False)),
    features=["a", "weight"],
    head=heads.Binary(weight_column="weight"),
    optimizer=optimizers.SGD(0.1),
    max_steps=1,
    eval_every_steps=1,
    exports=exporting.Exports(["final"]),
  )
  result = runs.train(experiment, str(tmp_path))
  data = np.load(pairs_npz)
  reader = tf.train.load_checkpoint(str(tmp_path))
  logits = (
    apply(dense, data["a"]) @ reader.get_tensor("head/logits/kernel")
    + reader.get_tensor("head/logits/bias")
  )[:, 0]
  losses = np.logaddexp(0, logits) - logits * data["near"]
  np.testing.assert_allclose(
    result.metrics["average_loss"],
    (losses * data["weight"]).sum() / data["weight"].sum(),
    rtol=1e-4,
  )
  model = str(tmp_path / result.exports["final"]["model"])
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], model)
    assert set(loaded.signature_def["serving_default"].inputs) == {"a"}


def test_weights_that_do_not_exist_are_refused(dense, numbers_npz):
  experiment = make_experiment(
    dense, numbers_npz, head=heads.Binary(weight_column="weights")
  )
  with pytest.raises(
    UserError, match="weight_column 'weights' isn't a feature"
  ):
    runs.check(experiment)
