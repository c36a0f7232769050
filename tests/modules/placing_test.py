import logging

import numpy as np
import pytest

from hub_estimator import modules, testing
from hub_estimator.errors import UserError
from hub_estimator.modules.module_info import read_module_info
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
    UserError, match="frozen and asked for its training variant"
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
    f"Module {dense!r} has no variant with the tag 'train'; it is fine-tuned in "
    "its variant []."
  ]


def test_explicit_tags_win(batch_norm):
  assert _tags(batch_norm, TRAIN, trainable=True, tags=[]) == frozenset()


def test_unknown_tags_raise_with_what_exists(batch_norm):
  with pytest.raises(
    UserError, match=r"tags \['trian'\]; it has: \[\], \['train'\]"
  ):
    _tags(batch_norm, TRAIN, trainable=True, tags=["trian"])


def test_a_string_of_tags_is_refused():
  with pytest.raises(UserError, match=r"write \['train'\]"):
    modules.ModuleSource("m", tags="train")


@pytest.mark.parametrize("name", ["../x", "/x", "a/../b", "", "a//b", "."])
def test_an_export_name_that_escapes_is_refused(name):
  with pytest.raises(UserError, match="escapes the export directory"):
    modules.ModuleSource("m", export_name=name)


def test_variables_have_the_same_names_in_all_modes(batch_norm):
  info = read_module_info(batch_norm)
  names = []
  for mode in (TRAIN, EVAL, PREDICT):
    with tf.Graph().as_default():
      placed = modules.place(info, modules.ModuleSource(batch_norm), mode=mode)
      names.append(sorted(v.op.name for v in placed.variables))
  assert names[0] == names[1] == names[2]
  assert names[0][0] == "module/gamma"


def test_only_update_ops_of_the_applied_signature_are_taken(batch_norm):
  info = read_module_info(batch_norm)
  with tf.Graph().as_default(), tf.Session() as session:
    placed = modules.place(info, modules.ModuleSource(batch_norm), mode=TRAIN)
    x = tf.constant(np.ones((8, 4), np.float32))
    _, first = placed.apply({"x": x})
    assert len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)) == 4
    assert len(first) == 2
    session.run(tf.global_variables_initializer())
    variance = placed.module.variable_map["moving_variance"]
    before = session.run(variance)
    session.run(first)  # Those of the other signature would fail here.
    np.testing.assert_allclose(session.run(variance), 0.9 * before, rtol=1e-5)


def test_a_frozen_module_has_no_losses_and_nothing_to_train(batch_norm):
  info = read_module_info(batch_norm)
  with tf.Graph().as_default():
    placed = modules.place(
      info, modules.ModuleSource(batch_norm, trainable=False), mode=TRAIN
    )
    assert placed.regularization_losses == ()
    assert placed.trainable_variables == []


def test_an_activity_regularizer_is_left_out_and_named(tmp_path, caplog):
  path = testing.batch_norm_module(
    str(tmp_path / "m"), activity_regularizer=True
  )
  with tf.Graph().as_default():
    with caplog.at_level(logging.WARNING, "hub_estimator"):
      placed = modules.place(
        read_module_info(path), modules.ModuleSource(path), mode=TRAIN
      )
    assert len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 2
    assert len(placed.regularization_losses) == 1
  assert "activity_regularizer" in caplog.text
  assert "left out" in caplog.text


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


def test_a_real_module_with_two_signatures(shared_module):
  path = shared_module("enlite0_96_feature_vector")
  info = read_module_info(path)
  with tf.Graph().as_default():
    placed = modules.place(info, modules.ModuleSource(path), mode=TRAIN)
    _, update_ops = placed.apply({"images": tf.zeros([2, 96, 96, 3])})
    assert len(placed.regularization_losses) == 33
    assert len(placed.trainable_variables) == 147
    # 49 batch norms, a mean and a variance each; both signatures have them.
    assert len(update_ops) == 98


@pytest.mark.parametrize(
  "fields, told",
  [
    ({"signature": []}, r"module.signature is \[\]; it is a name\.$"),
    ({"signature": None}, "module.signature is None; it is a name"),
    ({"output": 3}, "module.output is 3; it is a name or None"),
    ({"name": None}, "module.name is None; it is a name"),
    ({"export_name": {}}, "module.export_name is {}; it is a name or None"),
    ({"trainable": "yes"}, "module.trainable is 'yes'; it is True or False"),
  ],
)
def test_a_source_of_another_kind_is_told(fields, told):
  with pytest.raises(UserError, match=told):
    modules.ModuleSource("a", **fields)
