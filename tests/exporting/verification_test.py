import numpy as np
import pytest

from hub_estimator.exporting import verification
from tests.exporting.small_exports import (
  read_examples,
  read_live_graph,
  replace_variables,
)


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
