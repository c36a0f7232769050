import json
import os
import re
import shutil

import pytest
from hub_estimator.trainers import main as command

from hub_estimator import linting, testing
from hub_estimator.modules.module_info import read_module_info
from hub_estimator.tensorflow_runtime import hub, tf

pytestmark = pytest.mark.newest

BOTH = [(set(), {"training": False}), ({"train"}, {"training": True})]


def _lint(path):
  return linting.lint(read_module_info(str(path)))


def _found(findings, check):
  return [f for f in findings if f.check == check]


def _publish(tmp_path, module_fn, variants=None):
  return testing.export_module(
    str(tmp_path / "m"), module_fn, tags_and_args=variants
  )


def _dense(x, *, units=3, l2=0.1):
  kernel = tf.get_variable("kernel", [x.shape[-1], units])
  if l2:
    tf.add_to_collection(
      tf.GraphKeys.REGULARIZATION_LOSSES, l2 * tf.nn.l2_loss(kernel)
    )
  return tf.matmul(x, kernel)


def _input(*shape):
  return tf.placeholder(tf.float32, [None, *shape])


@pytest.mark.parametrize(
  "name", ["dm21_DM21", "enlite0_96_feature_vector", "glove50_20k"]
)
def test_real_modules_have_no_error_and_no_warning(shared_module, name):
  assert {f.severity for f in _lint(shared_module(name))} == {"advice"}


def test_an_output_of_unknown_rank_is_found(shared_module):
  (finding,) = _found(_lint(shared_module("half_plus_two_v1")), "static_width")
  assert finding.severity == "warning" and "unknown rank" in finding.what


def test_a_module_as_it_should_be_has_no_finding(tmp_path):
  def module_fn(training):
    x = _input(4)
    hidden = _dense(x)
    rate = tf.placeholder(tf.float32, [], name="rate")
    hub.add_signature(inputs={"x": x}, outputs=hidden)
    dropped = tf.nn.dropout(hidden, rate=rate) if training else hidden
    hub.add_signature(
      "with_rate", inputs={"x": x, "rate": rate}, outputs=dropped
    )

  path = _publish(tmp_path, module_fn, BOTH)
  (tmp_path / "m" / "README.md").write_text("# A module\n")
  assert _lint(path) == []


def test_a_signature_of_another_name_is_found(tmp_path):
  def module_fn():
    x = _input(4)
    hub.add_signature("encode", inputs={"x": x}, outputs=_dense(x))

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "default_signature")
  assert "there is no 'default', but encode" in finding.what


@pytest.mark.parametrize("width", [None, 7])
def test_the_common_signature_of_images_is_compared(tmp_path, width):
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    features = tf.reshape(images, [-1, 192])[:, :7]
    if width is None:
      features = tf.placeholder_with_default(features, [None, None])
    hub.add_signature(inputs={"images": images}, outputs=features)
    hub.add_signature(
      "image_feature_vector",
      inputs={"image": images},
      outputs=features,
    )

  findings = _lint(_publish(tmp_path, module_fn))
  (finding,) = _found(findings, "common_signature")
  assert "no input 'images'" in finding.what
  assert bool(_found(findings, "static_width")) == (width is None)


def test_images_without_a_common_signature_get_advice(tmp_path):
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    hub.add_signature(inputs=images, outputs=tf.reshape(images, [-1, 192]))

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "common_signature")
  assert finding.severity == "advice"


def test_a_text_embedding_that_gives_something_else_is_found(tmp_path):
  def module_fn():
    words = tf.placeholder(tf.string, [None])
    hub.add_signature(inputs=words, outputs=tf.strings.length(words))

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "common_signature")
  assert "text_embedding: output 'default' is int32" in finding.what


def test_kernels_without_regularization_are_found(tmp_path):
  def module_fn():
    x = _input(4)
    hub.add_signature(inputs=x, outputs=_dense(x, l2=0))

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "regularization")
  assert (finding.severity, finding.what) == (
    "warning",
    "no regularization loss; trainable kernels: 1",
  )


@pytest.mark.parametrize(
  ("what", "severity", "told"),
  [
    ("activity", "error", r"1 of 1 losses depend on an input, as \S+ on Place"),
    ("constant", "warning", "1 of 1 losses read no variable"),
    ("bias", "advice", r"1 of 1 losses read biases or scales, .* reads bias"),
  ],
)
def test_losses_that_are_not_of_kernels_are_found(
  tmp_path, what, severity, told
):
  def module_fn():
    x = _input(4)
    y = _dense(x, l2=0)
    bias = tf.get_variable("bias", [3])
    of = {"activity": y, "constant": tf.ones([]), "bias": bias}[what]
    tf.add_to_collection(tf.GraphKeys.REGULARIZATION_LOSSES, tf.nn.l2_loss(of))
    hub.add_signature(inputs=x, outputs=y + bias)

  findings = _lint(_publish(tmp_path, module_fn))
  (finding,) = _found(findings, "regularization_loss")
  assert finding.severity == severity and re.search(told, finding.what)


@pytest.mark.parametrize("proximal", [True, False])
def test_an_optimizers_state_is_found(tmp_path, proximal):
  def module_fn():
    x = _input(4)
    y = _dense(x)
    optimizer = (
      tf.train.FtrlOptimizer(0.1, l1_regularization_strength=0.1)
      if proximal
      else tf.train.AdamOptimizer()
    )
    optimizer.minimize(tf.nn.l2_loss(tf.trainable_variables()[0]))
    tf.get_default_graph().clear_collection(tf.GraphKeys.TRAIN_OP)
    hub.add_signature(inputs=x, outputs=y)

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "optimizer_state")
  assert finding.severity == "warning"
  assert ("L1 and L2 of a proximal optimizer" in finding.why) == proximal


def _norm(x, *, training, momentum=0.9, updates=True):
  mean = tf.get_variable("moving_mean", [3], trainable=False)
  variance = tf.get_variable("moving_variance", [3], trainable=False)
  y, batch_mean, batch_variance = tf.nn.fused_batch_norm(
    x[:, tf.newaxis, tf.newaxis],
    tf.ones([3]),
    tf.zeros([3]),
    None if training else mean,
    None if training else variance,
    is_training=training,
  )
  if training and updates:
    for moving, batch in ((mean, batch_mean), (variance, batch_variance)):
      tf.add_to_collection(
        tf.GraphKeys.UPDATE_OPS,
        moving.assign_sub((1 - momentum) * (moving - batch)).op,
      )
  return y[:, 0, 0]


@pytest.mark.parametrize("momentum", [0.9, 0.99, 0.999])
def test_a_momentum_that_small_data_cannot_use_is_found(tmp_path, momentum):
  def module_fn(training):
    x = _input(4)
    y = _norm(_dense(x), training=training, momentum=momentum)
    hub.add_signature(inputs=x, outputs=y)

  findings = _found(
    _lint(_publish(tmp_path, module_fn, BOTH)), "batch_norm_momentum"
  )
  assert bool(findings) == (momentum == 0.999)
  if findings:
    assert "2 moving averages have a momentum of 0.999" in findings[0].what
    assert "4,603 steps" in findings[0].why


def test_batch_norm_without_updates_is_found(tmp_path):
  def module_fn(training):
    x = _input(4)
    y = _norm(_dense(x), training=training, updates=False)
    hub.add_signature(inputs=x, outputs=y)

  (finding,) = _found(_lint(_publish(tmp_path, module_fn, BOTH)), "batch_norm")
  assert finding.severity == "error" and "no update ops" in finding.what


def test_batch_norm_on_batches_in_inference_is_found(tmp_path):
  def module_fn():
    x = _input(4)
    hub.add_signature(
      inputs=x, outputs=_norm(_dense(x), training=True, updates=False)
    )

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "batch_norm")
  assert "normalise by the batch" in finding.what


def test_batch_norm_without_a_training_variant_is_found(tmp_path):
  def module_fn():
    x = _input(4)
    hub.add_signature(inputs=x, outputs=_norm(_dense(x), training=False))

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "train_variant")
  assert finding.severity == "warning"


@pytest.mark.parametrize("stateless", [False, True])
def test_dropout_in_inference_is_found(tmp_path, stateless):
  def module_fn():
    y = _dense(_input := tf.placeholder(tf.float32, [None, 4]))
    if stateless:
      y *= tf.random.stateless_uniform([3], seed=[1, 2])
    else:
      y = tf.nn.dropout(y, rate=0.5)
    hub.add_signature(inputs=_input, outputs=y)

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "dropout")
  assert finding.severity == "error"


def test_random_initialisers_are_no_dropout(dense):
  assert not _found(_lint(dense), "dropout")


def test_updates_of_one_signature_of_two_are_found(batch_norm):
  findings = _found(_lint(batch_norm), "update_ops")
  assert len(findings) == 2
  assert "of the signature default alone, not of other" in findings[0].what


def test_updates_without_an_input_or_in_inference_are_found(tmp_path):
  def module_fn():
    x = _input(4)
    count = tf.get_variable("count", [], trainable=False)
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, tf.assign_add(count, 1.0).op)
    hub.add_signature(inputs=x, outputs=_dense(x))

  told = [
    f.what for f in _found(_lint(_publish(tmp_path, module_fn)), "update_ops")
  ]
  assert told == [
    "1 update ops",
    "AssignAddVariableOp and 0 more depend on no input",
  ]


def test_a_variable_that_only_another_variant_has_is_found(tmp_path):
  def module_fn(training):
    x = _input(4)
    y = _dense(x)
    if training:
      y *= tf.get_variable("scale", [3])
    hub.add_signature(inputs=x, outputs=y)

  spec = hub.create_module_spec(
    module_fn, tags_and_args=[(set(), BOTH[0][1]), BOTH[1]]
  )
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(spec)  # The one without "scale".
    session.run(tf.global_variables_initializer())
    module.export(str(tmp_path / "m"), session)
  (finding,) = _found(_lint(tmp_path / "m"), "variables_stored")
  assert (finding.severity, finding.where) == ("error", "variant ['train']")
  assert "1 variables aren't stored: scale" in finding.what


def test_what_is_stored_for_nobody_is_found(tmp_path, dense):
  copy = shutil.copytree(dense, tmp_path / "copy")
  reader = tf.train.load_checkpoint(f"{dense}/variables/variables")
  with tf.Graph().as_default(), tf.Session() as session:
    values = {n: reader.get_tensor(n) for n in ("kernel", "bias")}
    saved = {n: tf.Variable(v) for n, v in values.items()}
    saved["slot"] = tf.Variable(1.0)
    session.run(tf.global_variables_initializer())
    tf.train.Saver(saved).save(
      session, f"{copy}/variables/variables", write_meta_graph=False
    )
  os.unlink(f"{copy}/variables/checkpoint")
  (finding,) = _found(_lint(copy), "variables_stored")
  assert "1 are stored that no variant has: slot" in finding.what


def test_hyperparameters_in_the_default_signature_are_found(tmp_path):
  def module_fn():
    x, rate = _input(4), tf.placeholder(tf.float32, [])
    hub.add_signature(inputs={"x": x, "rate": rate}, outputs=_dense(x) * rate)

  (finding,) = _found(_lint(_publish(tmp_path, module_fn)), "hyperparameters")
  assert (finding.severity, finding.what) == (
    "warning",
    "it takes hyperparameters: rate",
  )


def test_assets_that_nothing_reads_and_large_ones_are_found(
  tmp_path, text, monkeypatch
):
  copy = shutil.copytree(text, tmp_path / "copy")
  (copy / "assets" / "notes.txt").write_text("x")
  assert [f.where for f in _found(_lint(copy), "assets")] == [
    "asset 'notes.txt'"
  ]
  monkeypatch.setattr(linting, "_LARGE_ASSET_BYTES", 3)
  assert "asset 'tokens.txt'" in [
    f.where for f in _found(_lint(copy), "assets")
  ]


def test_a_path_of_the_makers_machine_is_found(shared_module, text):
  (finding,) = _found(_lint(shared_module("glove50_20k")), "local_paths")
  assert "'/tmp/lab/build/a/tokens.txt'" in finding.what
  assert not _found(_lint(text), "local_paths")


def test_ops_that_reach_files_are_found(tmp_path):
  def module_fn():
    path = tf.placeholder(tf.string, [])
    hub.add_signature(inputs=path, outputs=tf.io.read_file(path))

  with tf.Graph().as_default(), tf.Session() as session:
    spec = hub.create_module_spec(module_fn)
    hub.Module(spec).export(str(tmp_path / "m"), session)
  (finding,) = _found(_lint(tmp_path / "m"), "file_ops")
  assert finding.what == "its graph reaches files or Python: ReadFile"


def test_documentation_may_lie_at_either_place(tmp_path, dense):
  copy = shutil.copytree(dense, tmp_path / "copy")
  assert _found(_lint(copy), "documentation")
  (copy / "assets.extra").mkdir()
  (copy / "assets.extra" / "README.md").touch()
  assert not _found(_lint(copy), "documentation")


def test_the_command_tells_errors_by_its_code(
  tmp_path, dense, batch_norm, capsys
):
  def module_fn():
    x = _input(4)
    hub.add_signature(inputs=x, outputs=tf.nn.dropout(_dense(x), rate=0.5))

  broken = _publish(tmp_path, module_fn)
  for argv, code in (
    ([dense], 0),
    ([dense, "--strict"], 0),
    ([batch_norm], 0),
    ([batch_norm, "--strict"], 1),
    ([broken], 1),
  ):
    assert command.main(["lint", *argv]) == code
  assert f"{broken}: 1 errors, 0 warnings, 1 pieces" in capsys.readouterr().out
  command.main(["lint", broken, "--json"])
  told = json.loads(capsys.readouterr().out)
  assert told["findings"][0]["check"] == "dropout"
  assert set(told["findings"][0]) == {
    "severity",
    "check",
    "where",
    "what",
    "why",
    "mend",
  }


def test_findings_come_the_gravest_first(tmp_path):
  def module_fn():
    x = _input(4)
    y = tf.nn.dropout(_dense(x, l2=0), rate=0.5)
    hub.add_signature(inputs=x, outputs=y)

  order = [f.severity for f in _lint(_publish(tmp_path, module_fn))]
  assert order == ["error", "warning", "advice"]
