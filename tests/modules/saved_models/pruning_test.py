from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import tf
from tests.modules.saved_models.small_tf1_models import build_dense, save


def test_variables_that_no_signature_reads_are_left_out(tmp_path):
  path = save(tmp_path / "old", build_dense(), slots=True)
  info = read_module_info(path)
  assert set(info.variant().variables) == {"kernel"}
  assert info.variant().variables["kernel"].trainable
  reader = tf.train.load_checkpoint(f"{info.path}/variables/variables")
  assert set(reader.get_variable_to_shape_map()) == {"kernel"}


def test_a_sparse_input_stays_sparse(tmp_path):
  path = str(tmp_path / "old")
  with tf.Graph().as_default(), tf.Session() as session:
    x = tf.sparse_placeholder(tf.float32, [None, 4])
    y = tf.sparse.reduce_sum(x, axis=1)
    tf.saved_model.simple_save(session, path, {"x": x}, {"y": y})
  info = read_module_info(path)
  assert info.signature("default").inputs["x"].kind == "sparse"
