import pytest

from hub_estimator.tensorflow_runtime import op_errors, tf


def test_an_op_error_is_the_line_that_says_what_is_wrong():
  with tf.Graph().as_default(), tf.Session() as session:
    wrong = tf.debugging.Assert(False, ["too large"])
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
      session.run(wrong)
  assert op_errors.essence(caught.value) == "assertion failed: [too large]"


def test_any_other_error_is_its_first_line():
  assert op_errors.essence(OSError("one\ntwo")) == "one"
  assert op_errors.essence(OSError()) == "OSError"


def test_an_op_that_shows_bytes_says_what_is_wrong():
  with tf.Graph().as_default(), tf.Session() as session:
    parsed = tf.io.parse_example(
      tf.constant([b"\0"]), {"x": tf.io.FixedLenFeature([], tf.int64)}
    )
    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
      session.run(parsed)
  found = op_errors.essence(caught.value)
  assert found.startswith("Could not parse example input")
