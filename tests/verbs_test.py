"""The verbs that need more than one room: publish and its refusals."""

import numpy as np
import pytest

import hub_estimator as he


def _module_fn():
  tf, hub = he.tensorflow_runtime.tf, he.tensorflow_runtime.hub
  x = tf.placeholder(tf.float32, [None, 4])
  kernel = tf.get_variable("kernel", [4, 2])
  hub.add_signature(inputs=x, outputs=tf.matmul(x, kernel))


def test_a_function_becomes_a_module(tmp_path):
  info = he.publish(tmp_path / "m", he.NewModule(_module_fn))
  assert info.path == str(tmp_path / "m")
  assert he.inspect(str(tmp_path / "m")).fingerprint == info.fingerprint


def test_vectors_become_a_module_with_their_options(tmp_path):
  file = tmp_path / "vectors.txt"
  rows = [("a", [1, 2]), ("B", [3, 4])]
  file.write_text("".join(f"{w} {v[0]} {v[1]}\n" for w, v in rows))
  info = he.publish(tmp_path / "m", str(file), lowercase=False, max_words=1)
  signature = info.variant(()).signatures["default"]
  assert signature.outputs["default"].shape == (None, 2)
  np.testing.assert_equal(len(info.variants), 1)


def test_options_of_vectors_are_refused_for_other_sources(tmp_path):
  with pytest.raises(he.UserError, match="takes max_words for a file of word"):
    he.publish(tmp_path / "m", he.NewModule(_module_fn), max_words=1)


def test_a_model_fn_is_for_an_estimator_of_ones_own(
  dense, numbers_npz, tmp_path
):
  data = he.inputs.npz(numbers_npz, features=["x"])
  experiment = he.Experiment.for_module(
    dense, head=he.heads.binary(), train_input=data, eval_input=data
  )
  estimator = he.tensorflow_runtime.estimator
  own = estimator.Estimator(he.make_model_fn(experiment), str(tmp_path))
  examples = data.read()
  from hub_estimator import inputs

  own.train(
    inputs.make_train_input_fn(examples, batch_size=8, seed=1), max_steps=2
  )
  assert own.latest_checkpoint().endswith("-2")
