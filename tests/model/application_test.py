"""An application reads its features, and names one that doesn't exist."""

import numpy as np
import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from hub_estimator.model import Application
from hub_estimator.model.encoders import Towers
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import tf
from tests.model.pairs import pairs_experiment


def test_a_feature_that_does_not_exist_is_refused(dense, pairs_npz):
  encoder = Towers(ModuleSource(dense), "a", "bb")
  with pytest.raises(UserError, match="names the feature 'bb'"):
    runs.check(pairs_experiment(dense, pairs_npz, encoder))


def test_only_the_named_features_are_seen():
  seen = Application(ModuleSource("m"), Adapter(), features=("b",))
  assert seen.select({"a": 1, "b": 2}) == {"b": 2}
  assert Application(ModuleSource("m"), Adapter()).select({"a": 1}) == {"a": 1}


def test_the_applications_output_comes_before_the_modules(two_outputs):
  info = read_module_info(two_outputs)
  source = ModuleSource(two_outputs, output="default")
  tapped = Application(source, Adapter(), output="hidden")
  assert tapped.output_of(info) == "hidden"
  assert Application(source, Adapter()).output_of(info) == "default"
  with pytest.raises(
    UserError, match="no output 'hiden'; did you mean 'hidden'"
  ):
    Application(source, Adapter(), output="hiden").output_of(info)


def test_inputs_have_the_names_of_the_signature(two_outputs):
  made = Application(ModuleSource(two_outputs), Adapter(), features=("a",))
  with tf.Graph().as_default(), tf.Session() as session:
    features = {"a": tf.ones([2, 4]), "b": tf.zeros([2, 4])}
    built = made.build_inputs(
      features, read_module_info(two_outputs), mode="eval"
    )
    got = session.run(built)
  assert list(got) == ["x"]
  np.testing.assert_array_equal(got["x"], np.ones((2, 4)))
