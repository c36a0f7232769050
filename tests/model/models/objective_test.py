"""A loss of the user's on modules that the run places, trains and exports."""

import dataclasses

import numpy as np
import pytest

from hub_estimator import exporting, inputs, optimizers, runs
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.inputs import FeatureSpec
from hub_estimator.model import encoders, models
from hub_estimator.modules import (
  ModuleSource,
  NewModule,
  read_module_info,
)
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import estimator, hub, tf
from tests import user_code
from tests.small_runs import make_experiment

STEPS = 20


def classify(outputs, labels, mode):
  logits = tf.layers.dense(
    outputs["x"]["default"],
    1,
    name="head",
    kernel_initializer=tf.zeros_initializer(),
    kernel_regularizer=lambda kernel: 0.01 * tf.nn.l2_loss(kernel),
  )
  predictions = {"logits": logits}
  if mode == estimator.ModeKeys.PREDICT:
    return None, predictions, {}
  wanted = tf.cast(labels, tf.float32)[:, tf.newaxis]
  loss = tf.reduce_mean(
    tf.nn.sigmoid_cross_entropy_with_logits(labels=wanted, logits=logits)
  )
  right = tf.metrics.accuracy(wanted, tf.cast(logits > 0, tf.float32))
  return loss, predictions, {"accuracy": right}


def _experiment(function, modules, data, **changes):
  source = inputs.Npz(data, features=["x"], label=changes.pop("label", "label"))
  return Experiment(
    **{
      "model": models.Objective(function, modules),
      "optimizer": optimizers.Adam(0.05),
      "train_input": source,
      "eval_input": source,
      "max_steps": STEPS,
      "batch_size": 16,
      "eval_every_steps": 10,
      "eval_batch_size": 40,
      "exports": exporting.Exports(kinds=["latest"]),
      **changes,
    }
  )


@pytest.fixture
def experiment(batch_norm, numbers_npz):
  module = encoders.Encoder(ModuleSource(batch_norm))
  return _experiment(classify, {"x": module}, numbers_npz)


@pytest.mark.slow
def test_training_equals_a_head_on_the_same_module(
  experiment, batch_norm, numbers_npz, tmp_path
):
  """Variants, update ops, regularization and both rates are those of transfer."""
  from hub_estimator.model import tops

  same = make_experiment(
    batch_norm,
    numbers_npz,
    top=tops.Linear(l2=0.01),
    eval_batch_size=40,
  )
  ours = runs.train(experiment, tmp_path / "ours")
  heads = runs.train(same, tmp_path / "heads")
  assert ours.metrics["loss"] == pytest.approx(heads.metrics["loss"], rel=1e-4)
  assert ours.metrics["accuracy"] == heads.metrics["accuracy"]
  for name in ("kernel", "gamma", "moving_mean", "moving_variance"):
    np.testing.assert_allclose(
      *(
        tf.train.load_variable(str(tmp_path / run), f"module/{name}")
        for run in ("ours", "heads")
      ),
      rtol=1e-4,
      atol=1e-6,
    )
  assert "error" not in ours.exports["latest"]


@pytest.mark.slow
def test_averages_are_evaluated_and_exported(experiment, tmp_path):
  averaged = dataclasses.replace(
    experiment, fine_tuning=optimizers.FineTuning(average_decay=0.9)
  )
  result = runs.train(averaged, tmp_path)
  path = tmp_path / result.exports["latest"]["module"] / "module"
  np.testing.assert_array_equal(
    tf.train.load_variable(str(path / "variables" / "variables"), "kernel"),
    tf.train.load_variable(
      str(tmp_path), optimizers.average_name("module/kernel")
    ),
  )


def _encoder_fn():
  x = tf.placeholder(tf.float32, [None, 4])
  hub.add_signature(
    inputs={"x": x},
    outputs={
      "code": tf.layers.dense(x, 2, name="code"),
      "size": tf.reduce_sum(x, axis=1),
    },
  )


def _decoder_fn():
  code = tf.placeholder(tf.float32, [None, 2])
  hub.add_signature(
    inputs={"code": code}, outputs=tf.layers.dense(code, 4, name="restored")
  )


def restore(outputs, inputs, features):
  x = inputs["encoder"]["x"]
  restored = outputs["decoder"]["default"]
  assert set(outputs["encoder"]) == {"code", "size"}
  assert set(features) == {"x"}
  return tf.reduce_mean(tf.square(restored - x)), {"restored": restored}, {}


def _two_modules(**adapters):
  return {
    name: encoders.Encoder(
      ModuleSource(NewModule(module_fn), name=name, export_name=name),
      adapters.get(name, Adapter()),
    )
    for name, module_fn in (("encoder", _encoder_fn), ("decoder", _decoder_fn))
  }


@pytest.mark.slow
def test_later_modules_read_outputs_of_earlier_ones_and_labels_are_optional(
  numbers_npz, tmp_path
):
  modules = _two_modules(decoder=Adapter(inputs={"code": "encoder/code"}))
  experiment = _experiment(restore, modules, numbers_npz, label=None)
  result = runs.train(experiment, tmp_path)
  exported = tmp_path / result.exports["latest"]["module"]
  x = np.load(numbers_npz)["x"]
  with tf.Graph().as_default(), tf.Session() as session:
    code = hub.Module(str(exported / "encoder"))({"x": x}, as_dict=True)["code"]
    session.run(tf.global_variables_initializer())
    code = session.run(code)
  restored = user_code.apply(exported / "decoder", code)
  # By examples, whatever the size of the last batch.
  assert result.metrics["loss"] == pytest.approx(
    np.mean((restored - x) ** 2), rel=1e-4
  )
  predicted = runs.predict(tmp_path, {"x": x[:3]}, experiment=experiment)
  np.testing.assert_allclose(predicted["restored"], restored[:3], rtol=1e-4)
  assert runs.evaluate(tmp_path, experiment=experiment)["loss"] == (
    pytest.approx(result.metrics["loss"])
  )


def test_a_module_that_reads_nothing_known_is_refused(numbers_npz):
  for inputs_of, why in (
    (None, "'x' for the module's input 'code' has shape"),
    ({"code": "encoder/cod"}, "no feature 'encoder/cod'; .*encoder/code"),
  ):
    modules = _two_modules(decoder=Adapter(inputs=inputs_of))
    experiment = _experiment(restore, modules, numbers_npz, label=None)
    with pytest.raises(UserError, match=why):
      runs.check(experiment)


def test_features_are_read_once_their_types_are_known(dense):
  modules = {
    "first": encoders.Encoder(ModuleSource(dense)),
    "again": encoders.Encoder(
      ModuleSource(dense), Adapter(inputs={"x": "other"})
    ),
  }
  model = models.Objective(restore, modules)
  specs = {
    name: FeatureSpec("float32", (4,)) for name in ("x", "other", "unread")
  }
  infos = {"module": read_module_info(dense)}
  assert model.features_read(None, infos, specs) == {"x", "other"}
  _, first = model.applications()
  assert first.features_made(infos["module"]) == {
    "first/default": FeatureSpec("float32", (3,))
  }
  # It doesn't see the outputs of modules that it doesn't read.
  assert set(first.select({**specs, "again/default": None})) == set(specs)
  assert first.outputs_of(infos["module"]) == ["default"]


def _a_loss_of_rows(outputs):
  return outputs["x"]["default"], {"y": outputs["x"]["default"]}, {}


def _a_dict(outputs):
  return {"loss": tf.zeros([])}


def _no_predictions(outputs):
  return tf.reduce_mean(outputs["x"]["default"]), {}, {}


@pytest.mark.parametrize(
  "function, why",
  [
    (_a_loss_of_rows, "_a_loss_of_rows: the loss is .*must be a scalar"),
    (_a_dict, "_a_dict returned dict; it must return .loss,"),
    (_no_predictions, "returned no predictions in PREDICT mode"),
  ],
)
def test_what_a_function_may_not_return_is_named(experiment, function, why):
  wrong = dataclasses.replace(
    experiment, model=models.Objective(function, experiment.model.modules)
  )
  with pytest.raises(UserError, match=why):
    runs.check(wrong)


def test_modules_come_behind_those_that_they_read_whatever_their_order():
  modules = _two_modules(decoder=Adapter(inputs={"code": "encoder/code"}))
  for names in (["encoder", "decoder"], ["decoder", "encoder"]):
    model = models.Objective(restore, {name: modules[name] for name in names})
    assert [a.name for a in model.applications()] == ["encoder", "decoder"]


@pytest.mark.parametrize(
  "fields, why",
  [
    (
      (
        restore,
        _two_modules(
          encoder=Adapter(inputs={"x": "decoder/default"}),
          decoder=Adapter(inputs={"code": "encoder/code"}),
        ),
      ),
      "decoder, encoder read each other's outputs",
    ),
    ((lambda x: x, {}), "function .* takes no argument 'outputs'"),
    ((classify, {}), "modules is {}; it must map names"),
    ((classify, {"x": encoders.Encoder}), "modules has .* it must be @encoder"),
  ],
)
def test_a_definition_that_makes_no_sense_is_refused(fields, why):
  with pytest.raises(UserError, match=why):
    models.Objective(*fields)
