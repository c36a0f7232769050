import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.exporting import verification
from tests import module_zoo
from tests.exporting.small_exports import (
  Run,
  copy_version,
  read_examples,
  read_live_graph,
  replace_variables,
)
from tests.small_runs import make_experiment


def _verify(run, version, checkpoint=None):
  verification.verify(
    read_live_graph(run, checkpoint),
    model=version.model,
    modules=version.modules,
    examples=read_examples(run),
  )


def test_a_good_version_passes(run, version):
  _verify(run, version)


def test_weights_of_another_checkpoint_are_found(run, version):
  with pytest.raises(
    verification.VerificationError, match="signature 'serving_default': output"
  ):
    _verify(run, version, checkpoint="10")


def test_a_changed_module_variable_is_named(run, version):
  def change(tensors):
    tensors["gamma"] = tensors["gamma"] + np.float32(1e-6)

  replace_variables(version.modules / "module", change)
  with pytest.raises(
    verification.VerificationError,
    match="variable gamma differs from the run's",
  ):
    _verify(run, version)


def test_a_lost_module_variable_is_found(run, version):
  def change(tensors):
    del tensors["gamma"]

  replace_variables(version.modules / "module", change)
  with pytest.raises(Exception, match="gamma"):
    _verify(run, version)


def test_a_truncated_full_model_is_found(run, version):
  data = next((version.model / "variables").glob("*.data*"))
  data.write_bytes(data.read_bytes()[:-16])
  with pytest.raises(verification.VerificationError, match="full model"):
    _verify(run, version)


def test_a_full_model_without_its_signature_is_found(run, version):
  from tensorflow.core.protobuf import saved_model_pb2

  path = version.model / "saved_model.pb"
  proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
  del proto.meta_graphs[0].signature_def["examples:predict"]
  path.write_bytes(proto.SerializeToString())
  with pytest.raises(
    verification.VerificationError, match="'examples:predict'"
  ):
    _verify(run, version)


@pytest.fixture(scope="session")
def vae_run(numbers_npz, tmp_path_factory):
  """A run that trains a module with samples beside its mean."""
  path = tmp_path_factory.mktemp("vae")
  experiment = make_experiment(
    module_zoo.vae(path / "module"),
    numbers_npz,
    exports=exporting.Exports(keep=2),
    max_steps=20,
  )
  result = runs.train(experiment, str(path / "run"))
  return Run(path / "run", experiment, result)


@pytest.fixture
def vae_version(vae_run, tmp_path):
  return copy_version(vae_run, tmp_path)


@pytest.mark.slow
def test_outputs_that_draw_at_random_are_compared_by_type_and_graph(
  vae_run, vae_version, new_log
):
  assert "error" not in vae_run.result.exports["latest"]
  new_log()
  _verify(vae_run, vae_version)
  logged = new_log()
  assert logged == (
    "Module 'module', variant []: outputs that draw at random "
    "(RandomStandardNormal) were compared by types, shapes and ops: rawsample, "
    "reconstructions:x."
  )


def test_a_change_beside_random_outputs_is_still_found(vae_run, vae_version):
  def change(tensors):
    tensors["decoder/bias"] = tensors["decoder/bias"] + np.float32(1e-6)

  replace_variables(vae_version.modules / "module", change)
  with pytest.raises(
    verification.VerificationError, match="variable decoder/bias differs"
  ):
    _verify(vae_run, vae_version)


def _change_graph(directory, change):
  from tensorflow.core.protobuf import saved_model_pb2

  path = directory / "saved_model.pb"
  proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
  for graph in proto.meta_graphs:
    change({node.name: node for node in graph.graph_def.node})
  path.write_bytes(proto.SerializeToString())


def test_a_random_output_of_another_graph_is_found(vae_run, vae_version):
  def change(nodes):
    (draw,) = [n for n in nodes.values() if n.op == "RandomStandardNormal"]
    draw.op = "TruncatedNormal"

  _change_graph(vae_version.modules / "module", change)
  with pytest.raises(
    verification.VerificationError,
    match=r"random output '(rawsample|reconstructions:x)' is computed by other",
  ):
    _verify(vae_run, vae_version)


@pytest.mark.slow
def test_a_head_on_a_sample_exports_and_is_compared_by_its_graph(
  numbers_npz, tmp_path, new_log
):
  experiment = make_experiment(
    module_zoo.vae(tmp_path / "module"),
    numbers_npz,
    exports=exporting.Exports(),
    module_output="rawsample",
  )
  run = Run(
    tmp_path / "run", experiment, runs.train(experiment, str(tmp_path / "run"))
  )
  assert "error" not in run.result.exports["latest"]
  new_log()
  version = copy_version(run, tmp_path)
  _verify(run, version)
  assert (
    "types, shapes and ops: class_ids, classes, logistic, logits" in new_log()
  )

  def change(nodes):
    for node in nodes.values():
      if node.op == "RandomStandardNormal":
        node.op = "TruncatedNormal"

  _change_graph(version.model, change)
  with pytest.raises(
    verification.VerificationError, match="full model's random outputs .*logits"
  ):
    _verify(run, version)
  replace_variables(
    version.model, lambda t: t.update({k: v * 2 for k, v in t.items()})
  )
  with pytest.raises(
    verification.VerificationError, match="The full model: variable .* differs"
  ):
    _verify(run, version)
