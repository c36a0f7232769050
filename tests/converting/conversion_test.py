import numpy as np
import pytest
from hub_estimator.trainers import main as command

from hub_estimator import converting
from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info
from hub_estimator.publishing import saved_model
from hub_estimator.tensorflow_runtime import hub, tf
from tests.converting.both import assert_same, step_in_session
from tests.converting.reusable_test import INPUTS
from tests.modules.saved_models import small_tf1_models

COVERS = ("eager", "tf2")


def test_a_directory_that_exists_is_refused(dense, tmp_path):
  (tmp_path / "there").mkdir()
  with pytest.raises(UserError, match="there' exists; choose a new directory"):
    converting.convert(tmp_path / "there", dense)


def test_an_unknown_format_is_refused_by_name(dense, tmp_path):
  with pytest.raises(UserError, match="no format 'tf3': did you mean 'tf2'"):
    converting.convert(tmp_path / "new", dense, to="tf3")


def test_the_command_converts_and_refuses(dense, tmp_path, capsys):
  argv = ["convert", dense, "--to=tf2", f"--output={tmp_path / 'new'}"]
  assert command.main(argv) == 0
  assert f"converted {dense} to {tmp_path / 'new'}" in capsys.readouterr().err
  assert command.main(argv) == 2
  assert capsys.readouterr().err == (
    f"hub-estimator convert: '{tmp_path / 'new'}' exists; choose a new "
    "directory.\n"
  )


def test_it_works_while_the_caller_builds_a_graph(dense, tmp_path):
  with tf.Graph().as_default() as graph:
    path = converting.convert(tmp_path / "new", dense)
  assert not graph.get_operations()
  loaded = tf.compat.v2.saved_model.load(path)
  assert loaded(tf.zeros([2, 4])).shape == (2, 3)


def test_a_module_without_variables_is_converted(tmp_path):
  def module_fn():
    x = tf.placeholder(tf.float32, [None], "x")
    hub.add_signature(inputs={"x": x}, outputs=2.0 * x)

  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(hub.create_module_spec(module_fn))
    module.export(str(tmp_path / "m"), session)
  path = converting.convert(tmp_path / "new", str(tmp_path / "m"))
  loaded = tf.compat.v2.saved_model.load(path)
  assert list(loaded.variables) == list(loaded.regularization_losses) == []
  assert loaded(tf.constant([3.0]), training=True).numpy().tolist() == [6.0]


def test_a_saved_model_of_tensorflow_1_is_converted(tmp_path, monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
  # Its variables are references.
  old = small_tf1_models.save(
    tmp_path / "old", small_tf1_models.build_dense(resource=False)
  )
  expected = small_tf1_models.serve(old, {"x": small_tf1_models.X})["y"]
  loaded = tf.compat.v2.saved_model.load(
    converting.convert(tmp_path / "new", old)
  )
  np.testing.assert_allclose(
    loaded(tf.constant(small_tf1_models.X)), expected, rtol=1e-6
  )
  assert len(loaded.trainable_variables) == 1
  assert set(loaded.signatures) == {"default", "serving_default"}


def test_converting_leaves_the_description_of_the_module_as_it_is(
  text, tmp_path
):
  spec = read_module_info(text).spec
  before = spec._saved_model_handler._proto.SerializeToString(
    deterministic=True
  )
  converting.convert(tmp_path / "new", text)
  after = read_module_info(text).spec._saved_model_handler._proto
  assert after.SerializeToString(deterministic=True) == before


@pytest.mark.parametrize(
  "name", ["batch_norm", "dropout", "hyperparameters", "text", "tokens"]
)
def test_published_again_it_is_the_module_that_it_was(
  converted, name, tmp_path, monkeypatch
):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
  module, path = converted(name)
  again = saved_model.publish(str(tmp_path / "again"), path)
  inputs = dict(INPUTS[name])
  given = dict(inputs)
  if name == "hyperparameters":  # It is fixed at its default.
    inputs["rate"] = np.float32(0.25)
    given.pop("rate")
  for training in (False, True):
    expected = step_in_session(
      module,
      inputs,
      training=training,
      signature="tokens" if name == "tokens" else "default",
    )
    got = step_in_session(again, given, training=training)
    assert_same(got, expected)
