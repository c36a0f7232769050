import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.modules import NewModule, read_module_info
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_regression


def net(training=False, width=3):
  x = tf.placeholder(tf.float32, [None, 4])
  kernel = tf.get_variable("kernel", [4, width])
  mean = tf.get_variable(
    "mean", [width], initializer=tf.zeros_initializer(), trainable=False
  )
  y = tf.matmul(x, kernel)
  if training:
    tf.add_to_collection(
      tf.GraphKeys.UPDATE_OPS, mean.assign(tf.reduce_mean(y, 0)).op
    )
  hub.add_signature(inputs={"x": x}, outputs=y - mean)


VARIANTS = [([], {}), (["train"], {"training": True})]


def _load(path, tags=()):
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(path, tags=set(tags))
    session.run(tf.global_variables_initializer())
    return session.run(module.variable_map)


@pytest.mark.slow
def test_a_module_that_does_not_exist_is_trained_and_exported(
  numbers_npz, tmp_path
):
  new = NewModule(net, VARIANTS)
  experiment = make_regression(
    new, numbers_npz, exports=exporting.Exports(["final"])
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  module = tmp_path / "run" / result.exports["final"]["module"] / "module"
  reader = tf.train.load_checkpoint(str(tmp_path / "run"))
  for tags in ((), ("train",)):
    variables = _load(str(module), tags)
    assert set(variables) == {"kernel", "mean"}
    for name, value in variables.items():
      np.testing.assert_array_equal(value, reader.get_tensor(f"module/{name}"))
  assert np.abs(reader.get_tensor("module/mean")).min() > 0
  # What was exported is a handle like any other.
  again = make_regression(str(module), numbers_npz, max_steps=10)
  assert runs.train(again, str(tmp_path / "next")).steps == 10


@pytest.mark.slow
def test_the_seed_fixes_its_initial_values(numbers_npz, tmp_path):
  kernels = []
  for run, seed in (("a", 1), ("b", 1), ("c", 2)):
    experiment = make_regression(
      NewModule(net, seed=seed),
      numbers_npz,
      max_steps=1,
      eval_every_steps=1,
      module_trainable=False,
    )
    runs.train(experiment, str(tmp_path / run))
    reader = tf.train.load_checkpoint(str(tmp_path / run))
    kernels.append(reader.get_tensor("module/kernel"))
  np.testing.assert_array_equal(kernels[0], kernels[1])
  assert not np.array_equal(kernels[0], kernels[2])


@pytest.mark.slow
def test_it_resumes_and_another_one_is_refused(numbers_npz, tmp_path):
  experiment = make_regression(NewModule(net), numbers_npz, max_steps=10)
  runs.train(experiment, str(tmp_path))
  longer = make_regression(NewModule(net), numbers_npz, max_steps=20)
  assert runs.train(longer, str(tmp_path)).steps == 20
  wider = make_regression(NewModule(net, [([], {"width": 5})]), numbers_npz)
  with pytest.raises(UserError, match=r"was trained with the content"):
    runs.train(wider, str(tmp_path))


def test_the_same_function_has_the_same_fingerprint():
  first, second = (read_module_info(NewModule(net)) for _ in range(2))
  assert first.fingerprint == second.fingerprint
  wider = read_module_info(NewModule(net, [([], {"width": 4})]))
  assert wider.fingerprint != first.fingerprint


def test_a_module_fn_that_fails_says_why():
  def broken():
    raise KeyError("no such layer")

  with pytest.raises(UserError, match="broken can't be built: KeyError"):
    NewModule(broken).make_spec()


def test_a_called_module_fn_is_refused():
  with pytest.raises(UserError, match="passed uncalled"):
    NewModule(None)
