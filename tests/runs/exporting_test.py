"""A checkpoint of a run is exported by its model_dir alone."""

import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment


@pytest.fixture(scope="module")
def run(dense, numbers_npz, trained_runs, tmp_path_factory):
  experiment = make_experiment(dense, numbers_npz)
  return trained_runs.copy(experiment, tmp_path_factory.mktemp("run")).model_dir


def test_the_exported_module_has_the_weights_of_the_checkpoint(run):
  version = runs.export(run, checkpoint="10")
  reader = tf.train.load_checkpoint(str(run / "model.ckpt-10"))
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(str(version.modules / "module"))
    session.run(tf.global_variables_initializer())
    (kernel,) = (v for n, v in module.variable_map.items() if n == "kernel")
    assert (session.run(kernel) == reader.get_tensor("module/kernel")).all()


def test_a_checkpoint_that_is_not_there_is_refused_by_name(run):
  with pytest.raises(UserError, match="No checkpoint '11'.* model.ckpt-10"):
    runs.export(run, checkpoint="11")


def test_averages_that_a_run_does_not_have_are_refused(run):
  with pytest.raises(UserError, match="has no averaged weights"):
    runs.export(run, averaged=True)
