from hub_estimator import testing
from hub_estimator.modules import random_outputs, read_module_info
from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_zoo


def test_samples_are_told_from_the_mean_beside_them(tmp_path):
  info = read_module_info(module_zoo.vae(tmp_path / "vae"))
  assert random_outputs(info) == {
    "default": {
      "rawsample": ["RandomStandardNormal"],
      "reconstructions:x": ["RandomStandardNormal"],
    }
  }


def test_random_initializers_and_other_variants_do_not_count(tmp_path):
  def module_fn(training):
    x = tf.placeholder(tf.float32, [None, 4])
    y = tf.matmul(x, tf.get_variable("kernel", [4, 3]))
    hub.add_signature(inputs=x, outputs=tf.nn.dropout(y, rate=0.5 * training))

  path = testing.export_module(
    str(tmp_path / "m"),
    module_fn,
    tags_and_args=[(set(), {"training": 0}), ({"train"}, {"training": 1})],
  )
  info = read_module_info(path)
  assert random_outputs(info) == {}
  assert random_outputs(info, {"train"}) == {
    "default": {"default": ["RandomUniform"]}
  }


def test_a_sparse_output_draws_if_a_part_of_it_does(tmp_path):
  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    noise = tf.random.normal(tf.shape(x))
    hub.add_signature(
      inputs=x,
      outputs={
        "noise": tf.sparse.from_dense(noise),
        "plain": tf.sparse.from_dense(x),
      },
    )

  info = read_module_info(testing.export_module(str(tmp_path / "m"), module_fn))
  assert random_outputs(info) == {
    "default": {"noise": ["RandomStandardNormal"]}
  }
