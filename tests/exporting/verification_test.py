import pathlib
import shutil

import numpy as np
import pytest

from hub_estimator import testing
from hub_estimator.errors import UserError
from hub_estimator.exporting import exporter as exporting
from hub_estimator.exporting import serving, verification
from hub_estimator.model import model_fn
from hub_estimator.model_dir import versions
from hub_estimator.model_dir.workdir import Workdir
from hub_estimator.runs import experiment as experiments
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment


@pytest.fixture(scope="module")
def run(batch_norm, numbers_npz, tmp_path_factory):
  path = tmp_path_factory.mktemp("run")
  experiment = make_experiment(
    batch_norm, numbers_npz, exports=exporting.Exports(), max_steps=20
  )
  result = experiments.train(experiment, str(path))
  assert "error" not in result.exports["latest"], result
  return experiment, path


def _verify(run, model, modules, checkpoint=None):
  """With a live graph of its own, into which any checkpoint is restored."""
  experiment, path = run
  workdir = Workdir.at(path)
  examples = list(tf.io.tf_record_iterator(str(workdir.examples)))
  specs = experiments.read_specs(workdir.read_manifest())
  made = experiments.make_estimator(experiment, str(path))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    receiver = serving.make_serving_input_fn(specs)()
    spec = made.model_fn(
      features=receiver.features, labels=None, mode="infer", config=made.config
    )
    tf.train.Saver().restore(
      session, experiments.find_checkpoint(workdir, checkpoint)
    )
    live = verification.read_live(
      session, receiver, model_fn.prediction_names(spec.predictions), examples
    )
  verification.verify(live, model=model, modules=modules, examples=examples)


@pytest.fixture
def copy(run, tmp_path):
  base = tmp_path / "latest"
  shutil.copytree(run[1] / "export" / "latest", base)
  return versions.find(base, versions.numbers(base)[-1])


def test_a_good_version_passes(run, copy):
  _verify(run, copy.model, copy.modules)


def test_weights_of_another_checkpoint_are_found(run, copy):
  with pytest.raises(
    verification.VerificationError, match="signature 'serving_default': output"
  ):
    _verify(run, copy.model, copy.modules, checkpoint="10")


def _replace_variables(directory: pathlib.Path, change):
  prefix = str(directory / "variables" / "variables")
  tensors = exporting._tensors(prefix)
  change(tensors)
  exporting._write_tensors(prefix, tensors)


def test_a_changed_module_variable_is_named(run, copy):
  def change(tensors):
    tensors["gamma"] = tensors["gamma"] + np.float32(1e-6)

  _replace_variables(copy.modules / "module", change)
  with pytest.raises(
    verification.VerificationError, match="gamma isn't the run's"
  ):
    _verify(run, copy.model, copy.modules)


def test_a_lost_module_variable_is_found(run, copy):
  def change(tensors):
    del tensors["gamma"]

  _replace_variables(copy.modules / "module", change)
  with pytest.raises(Exception, match="gamma"):
    _verify(run, copy.model, copy.modules)


def test_a_truncated_full_model_is_found(run, copy):
  data = next((copy.model / "variables").glob("*.data*"))
  data.write_bytes(data.read_bytes()[:-16])
  with pytest.raises(verification.VerificationError, match="full model"):
    _verify(run, copy.model, copy.modules)


def test_a_full_model_without_its_signature_is_found(run, copy):
  from tensorflow.core.protobuf import saved_model_pb2

  path = copy.model / "saved_model.pb"
  proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
  del proto.meta_graphs[0].signature_def["examples:predict"]
  path.write_bytes(proto.SerializeToString())
  with pytest.raises(
    verification.VerificationError, match="'examples:predict'"
  ):
    _verify(run, copy.model, copy.modules)


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
  result = experiments.train(experiment, str(tmp_path / "run"))
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
  result = experiments.train(experiment, str(tmp_path / "run"))
  module = tmp_path / "run" / result.exports["latest"]["module"] / "module"
  reader = tf.train.load_checkpoint(str(module / "variables" / "variables"))
  np.testing.assert_array_equal(reader.get_tensor("extra"), np.ones(3))


@pytest.mark.slow
def test_a_variable_that_is_stored_nowhere_is_refused(numbers_npz, tmp_path):
  source = _extra_variable_module(str(tmp_path / "m"))

  def change(tensors):
    del tensors["extra"]

  _replace_variables(pathlib.Path(source), change)
  experiment = make_experiment(
    source, numbers_npz, exports=exporting.Exports(), module_trainable=False
  )
  result = experiments.train(experiment, str(tmp_path / "run"))
  assert (
    "'extra' in a variant and stores it nowhere"
    in (result.exports["latest"]["error"])
  )
  assert versions.numbers(tmp_path / "run" / "export" / "latest") == []
  with pytest.raises(UserError, match="'extra'"):
    experiments.export(experiment, str(tmp_path / "run"))


def test_source_and_cache_may_vanish_once_exported(
  text, sentences_csv, tmp_path
):
  shutil.copytree(text, tmp_path / "source")
  experiment = make_experiment(
    str(tmp_path / "source"), sentences_csv, exports=exporting.Exports()
  )
  result = experiments.train(experiment, str(tmp_path / "run"))
  (tmp_path / "source").rename(tmp_path / "gone")
  module = tmp_path / "run" / result.exports["latest"]["module"] / "module"
  model = tmp_path / "run" / result.exports["latest"]["model"]
  moved = tmp_path / "moved"
  shutil.copytree(module, moved)
  with tf.Graph().as_default(), tf.Session() as session:
    output = hub.Module(str(moved))(["good film"])
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    assert session.run(output).shape == (1, 4)
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], str(model))
    signature = loaded.signature_def["serving_default"]
    got = session.run(
      signature.outputs["logistic"].name,
      {signature.inputs["sentence"].name: ["good film"]},
    )
  assert got.shape == (1, 1)
