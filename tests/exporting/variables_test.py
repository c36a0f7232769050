import pathlib

import numpy as np
import pytest

from hub_estimator import exporting, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.exporting import variables
from hub_estimator.model_dir import versions
from hub_estimator.tensorflow_runtime import hub, tf
from tests.exporting.small_exports import replace_variables
from tests.small_runs import make_experiment


def test_what_is_written_is_read_again(tmp_path):
  prefix = variables.variables_prefix(tmp_path)
  pathlib.Path(prefix).parent.mkdir()
  tensors = {"kernel": np.eye(3, dtype=np.float32), "step": np.int64(7)}
  for written in ({"old": np.zeros(2)}, tensors):
    variables.write_tensors(
      prefix, {k: np.asarray(v) for k, v in written.items()}
    )
  read = variables.read_tensors(prefix)
  assert set(read) == set(tensors)
  for name, value in tensors.items():
    np.testing.assert_array_equal(read[name], value)


def _extra_variable_module(path: str) -> str:
  """A module whose training variant has a variable of its own, `extra`."""

  def module_fn(training):
    x = tf.placeholder(tf.float32, [None, 4])
    kernel = tf.get_variable("kernel", [4, 3])
    y = tf.matmul(x, kernel)
    if training:
      extra = tf.get_variable("extra", [3], initializer=tf.ones_initializer())
      y = y * extra
    hub.add_signature(inputs={"x": x}, outputs=y)

  return testing.export_module(
    path,
    module_fn,
    tags_and_args=[
      (set(), {"training": False}),
      ({"train"}, {"training": True}),
    ],
  )


@pytest.mark.slow
def test_a_variable_that_only_training_has_is_exported_as_trained(
  numbers_npz, tmp_path
):
  source = _extra_variable_module(str(tmp_path / "m"))
  experiment = make_experiment(source, numbers_npz, exports=exporting.Exports())
  result = runs.train(experiment, str(tmp_path / "run"))
  module = tmp_path / "run" / result.exports["latest"]["module"] / "module"
  trained = tf.train.load_checkpoint(
    tf.train.latest_checkpoint(str(tmp_path / "run"))
  ).get_tensor("module/extra")
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = hub.Module(str(module), tags={"train"})
    session.run(tf.global_variables_initializer())
    np.testing.assert_array_equal(
      session.run(loaded.variable_map["extra"]), trained
    )
  assert not np.array_equal(trained, np.ones(3))


@pytest.mark.slow
def test_a_variable_of_a_frozen_module_is_filled_from_its_source(
  numbers_npz, tmp_path
):
  source = _extra_variable_module(str(tmp_path / "m"))
  experiment = make_experiment(
    source, numbers_npz, exports=exporting.Exports(), module_trainable=False
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  module = tmp_path / "run" / result.exports["latest"]["module"] / "module"
  reader = tf.train.load_checkpoint(str(module / "variables" / "variables"))
  np.testing.assert_array_equal(reader.get_tensor("extra"), np.ones(3))


@pytest.mark.slow
def test_a_variable_that_is_stored_nowhere_is_refused(numbers_npz, tmp_path):
  source = _extra_variable_module(str(tmp_path / "m"))

  def change(tensors):
    del tensors["extra"]

  replace_variables(pathlib.Path(source), change)
  experiment = make_experiment(
    source, numbers_npz, exports=exporting.Exports(), module_trainable=False
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  assert (
    "a variant has the variable 'extra', but neither the checkpoint nor the "
    "module stores it" in result.exports["latest"]["error"]
  )
  assert versions.numbers(tmp_path / "run" / "export" / "latest") == []
  with pytest.raises(UserError, match="'extra'"):
    runs.export(str(tmp_path / "run"), experiment=experiment)
