import shutil

import pytest

from hub_estimator.tensorflow_runtime import hub, tf
from tests.linting.small_modules import lint_path, of_check

pytestmark = pytest.mark.newest


def test_ops_that_access_files_are_found(tmp_path):
  def module_fn():
    path = tf.placeholder(tf.string, [])
    hub.add_signature(inputs=path, outputs=tf.io.read_file(path))

  with tf.Graph().as_default(), tf.Session() as session:
    spec = hub.create_module_spec(module_fn)
    hub.Module(spec).export(str(tmp_path / "m"), session)
  (finding,) = of_check(lint_path(tmp_path / "m"), "file_ops")
  assert finding.what == "its graph accesses files or Python: ReadFile"


def test_an_op_that_this_process_lacks_is_found(tmp_path, dense):
  from tensorflow.core.protobuf import saved_model_pb2

  path = tmp_path / "m" / "saved_model.pb"
  shutil.copytree(dense, path.parent)
  proto = saved_model_pb2.SavedModel.FromString(path.read_bytes())
  for node in proto.meta_graphs[0].graph_def.node:
    node.op = node.op.replace("Tanh", "OpOfNobody")
  path.write_bytes(proto.SerializeToString())
  (finding,) = of_check(lint_path(path.parent), "custom_ops")
  assert finding.what == "TensorFlow alone lacks these ops: OpOfNobody"
