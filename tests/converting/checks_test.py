"""What a SavedModel can't hold is one line, and nothing is written."""

import pytest

from hub_estimator import converting, testing
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import hub, tf
from tests.converting import odd_modules

COVERS = ("plan",)


def _counts(training):
  """Reads a reference that an op of no other kind takes."""
  del training
  x = tf.placeholder(tf.int32, [], "x")
  count = tf.get_variable(
    "count", [], tf.int32, use_resource=False, trainable=False
  )
  hub.add_signature(
    inputs={"x": x}, outputs=x + tf.raw_ops.CountUpTo(ref=count, limit=3)
  )


def _fed_elsewhere(training):
  del training
  x = tf.placeholder(tf.float32, [], "x")
  other = tf.placeholder(tf.float32, [], "other")
  scale = tf.get_variable("scale", [])
  hub.add_signature(inputs={"x": x}, outputs=x * scale + other)


def _alike(training):
  """Two inputs that are one as names of arguments."""
  del training
  x, y = (tf.placeholder(tf.float32, [], name) for name in "xy")
  scale = tf.get_variable("scale", [])
  hub.add_signature(inputs={"a$b": x, "a_b": y}, outputs=x * scale + y)


def _loops_of_tensorflow_1(training):
  with odd_modules.control_flow_of_tensorflow_1():
    odd_modules.loops(training)


def _other_outputs(training):
  """In training it has no output "size"."""
  x = tf.placeholder(tf.float32, [None], "x")
  y = x * tf.get_variable("scale", [])
  outputs = {"default": y} if training else {"default": y, "size": tf.size(y)}
  hub.add_signature(inputs={"x": x}, outputs=outputs)


def _two_signatures(training):
  del training
  for name in ("encode", "score"):
    x = tf.placeholder(tf.float32, [None])
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
      scale = tf.get_variable("scale", [])
    hub.add_signature(name, inputs={"x": x}, outputs=x * scale)


@pytest.mark.parametrize(
  "module_fn, reason",
  [
    (odd_modules.sparse, "signature 'default' has the sparse input 'x', and"),
    (odd_modules.queue, "FIFOQueueV2 'fifo_queue' has a state that a"),
    (odd_modules.python, "it runs Python code .PyFuncStateless., which no"),
    (_counts, "CountUpTo 'CountUpTo' changes a variable by reference"),
    (_fed_elsewhere, "signature 'default' depends on 'other', which is no"),
    (_alike, "whose names are one as arguments: a.b, a_b"),
    (_loops_of_tensorflow_1, "passes a loop or branch of TensorFlow 1"),
    (_other_outputs, "'default' of variant .'train'. doesn't have the inputs"),
  ],
)
def test_a_module_is_refused_with_the_reason(tmp_path, module_fn, reason):
  module = odd_modules.export(tmp_path / "m", module_fn)
  with pytest.raises(
    UserError, match=f"m' can't become a SavedModel of TensorFlow 2: .*{reason}"
  ) as raised:
    converting.convert(tmp_path / "tf2", module)
  assert "\n" not in str(raised.value)
  assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_table_that_nothing_fills_is_refused(tmp_path):
  def module_fn():
    words = tf.placeholder(tf.string, [None], "words")
    table = tf.raw_ops.HashTableV2(
      key_dtype=tf.string, value_dtype=tf.int64, name="empty"
    )
    found = tf.raw_ops.LookupTableFindV2(
      table_handle=table, keys=words, default_value=tf.constant(0, tf.int64)
    )
    scale = tf.get_variable("scale", [])
    hub.add_signature(
      inputs={"words": words}, outputs=tf.cast(found, tf.float32) * scale
    )

  module = testing.export_module(str(tmp_path / "m"), module_fn)
  with pytest.raises(UserError, match="nothing fills its table 'empty'"):
    converting.convert(tmp_path / "tf2", module)


def test_without_a_default_the_signature_to_call_is_named(tmp_path):
  module = odd_modules.export(tmp_path / "m", _two_signatures)
  with pytest.raises(
    UserError, match="no signature 'default'; choose .* --signature: encode, sc"
  ):
    converting.convert(tmp_path / "tf2", module)
  with pytest.raises(UserError, match="no signature 'scor'; did you mean 'sco"):
    converting.convert(tmp_path / "tf2", module, signature="scor")
  path = converting.convert(tmp_path / "tf2", module, signature="score")
  loaded = tf.compat.v2.saved_model.load(path)
  assert set(loaded.signatures) == {"encode", "score", "serving_default"}


def test_a_signature_without_inputs_is_no_call(converted, tmp_path):
  module, path = converted("tokens")
  with pytest.raises(UserError, match="has no inputs, and can't be the call"):
    converting.convert(tmp_path / "tf2", module, signature="tokenization_info")
  loaded = tf.compat.v2.saved_model.load(path)
  told = loaded.signatures["tokenization_info"]()
  assert told["vocab_file"].numpy().decode().startswith(path)
  assert told["do_lower_case"].numpy()


def test_a_loss_that_needs_an_input_is_left_out_and_logged(tmp_path, caplog):
  module = testing.batch_norm_module(
    str(tmp_path / "m"), activity_regularizer=True
  )
  path = converting.convert(tmp_path / "tf2", module)
  assert "activity_regularizer" in caplog.text
  loaded = tf.compat.v2.saved_model.load(path)
  assert len(loaded.regularization_losses) == 1
