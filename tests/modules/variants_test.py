import logging

import pytest

from hub_estimator import modules
from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import hub, tf

TRAIN, EVAL, PREDICT = "train", "eval", "infer"


def _tags(handle, mode, **fields):
  source = modules.ModuleSource(handle, **fields)
  return modules.choose_tags(read_module_info(handle), source, mode)


def test_training_a_trainable_module_takes_the_train_variant(batch_norm):
  assert _tags(batch_norm, TRAIN, trainable=True) == {"train"}
  assert _tags(batch_norm, EVAL, trainable=True) == frozenset()
  assert _tags(batch_norm, PREDICT, trainable=True) == frozenset()


def test_a_frozen_module_never_takes_the_train_variant(batch_norm):
  assert _tags(batch_norm, TRAIN, trainable=False) == frozenset()
  with pytest.raises(
    UserError, match="is frozen, but module.tags asks for its training variant"
  ):
    _tags(batch_norm, TRAIN, trainable=False, tags=["train"])


def test_a_module_without_a_train_variant_says_so(dense, batch_norm, caplog):
  assert _tags(dense, TRAIN, trainable=True) == frozenset()
  with caplog.at_level(logging.WARNING, "hub_estimator"):
    for handle, fields in (
      (dense, {}),
      (dense, {"trainable": False}),
      (dense, {"tags": []}),
      (batch_norm, {}),
    ):
      modules.log_variant(
        read_module_info(handle), modules.ModuleSource(handle, **fields)
      )
  assert [r.getMessage() for r in caplog.records] == [
    f"Module {dense!r} has no variant with the tag 'train'; fine-tuning uses "
    "its variant []."
  ]


def test_explicit_tags_win(batch_norm):
  assert _tags(batch_norm, TRAIN, trainable=True, tags=[]) == frozenset()


def test_unknown_tags_raise_with_what_exists(batch_norm):
  with pytest.raises(
    UserError, match=r"tags \['trian'\]; it has: \[\], \['train'\]"
  ):
    _tags(batch_norm, TRAIN, trainable=True, tags=["trian"])


def test_inference_variables_that_training_lacks_are_refused(tmp_path):
  def module_fn(training):
    x = tf.placeholder(tf.float32, [None, 2])
    w = tf.get_variable("w", [2, 2])
    if not training:
      w = w * tf.get_variable("only_inference", [])
    hub.add_signature(inputs=x, outputs=tf.matmul(x, w))

  spec = hub.create_module_spec(
    module_fn, [(set(), {"training": False}), ({"train"}, {"training": True})]
  )
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(spec)
    session.run(tf.global_variables_initializer())
    module.export(str(tmp_path / "m"), session)
  source = modules.ModuleSource(str(tmp_path / "m"))
  with pytest.raises(
    UserError, match="training can't save them: only_inference"
  ):
    modules.check_variants_agree(read_module_info(source.handle), source)
