import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.publishing import checkpoint_weights
from hub_estimator.tensorflow_runtime import tf

KERNEL = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
  path = str(tmp_path_factory.mktemp("checkpoint") / "model.ckpt")
  with tf.Graph().as_default(), tf.Session() as session:
    saved = {"kernel": tf.Variable(KERNEL), "slot": tf.Variable(1.0)}
    session.run(tf.global_variables_initializer())
    return tf.train.Saver(saved).save(session, path)


def _find(checkpoint, variables, **options):
  return checkpoint_weights.find(
    checkpoint,
    variables,
    **{
      "name_of": lambda name: name.removeprefix("m/"),
      "initialize": (),
      "module": "new_module f",
      **options,
    },
  )


@pytest.mark.parametrize("partitions", [None, 2])
def test_weights_are_found_by_name_and_loaded(checkpoint, partitions):
  partitioner = partitions and tf.fixed_size_partitioner(partitions)
  with tf.Graph().as_default(), tf.Session() as session:
    with tf.variable_scope("m", partitioner=partitioner):
      kernel = tf.get_variable("kernel", [4, 3], use_resource=True)
    variables = {"m/kernel": list(kernel) if partitions else kernel}
    weights = _find(checkpoint, variables)
    session.run(tf.global_variables_initializer())
    weights.load(session, variables)
    np.testing.assert_array_equal(
      session.run(tf.convert_to_tensor(kernel)), KERNEL
    )
  assert weights.restored == {"m/kernel": "kernel"}
  assert weights.unused == ["slot"]


def test_a_missing_variable_is_refused_or_left_to_its_initializer(checkpoint):
  with tf.Graph().as_default():
    variables = {"m/kernle": tf.get_variable("kernle", [4, 3])}
    with pytest.raises(
      UserError, match="'kernle' .'m/kernle' in the module.; did"
    ):
      _find(checkpoint, variables)
    weights = _find(checkpoint, variables, initialize=["kernle$"])
  assert (weights.restored, weights.unused) == ({}, ["kernel", "slot"])


def test_another_shape_is_refused(checkpoint):
  with tf.Graph().as_default():
    variables = {"m/kernel": tf.get_variable("kernel", [2])}
    with pytest.raises(
      UserError, match=r"new_module f: 'm/kernel' is \[2\], but 'kernel' in the"
    ):
      _find(checkpoint, variables)


def test_no_checkpoint_loads_nothing():
  with tf.Graph().as_default(), tf.Session() as session:
    checkpoint_weights.NONE.load(session, {"a": tf.get_variable("a", [])})
  assert checkpoint_weights.NONE.restored == {}
