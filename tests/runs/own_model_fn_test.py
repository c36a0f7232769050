"""A user's model_fn has all that a run gives: see `models.function`."""

import json

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, optimizers, runs
from hub_estimator.errors import RunFailed, UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model import models
from hub_estimator.tensorflow_runtime import estimator, hub, tf
from tests import user_code
from tests.small_runs import replace

COVERS = ("used_modules",)


def _experiment(model, data, **changes):
  source = inputs.Npz(data, features=["x"], label=changes.pop("label", "label"))
  return Experiment(
    **{
      "model": model,
      "train_input": source,
      "eval_input": source,
      "max_steps": 20,
      "batch_size": 16,
      "eval_every_steps": 10,
      "eval_batch_size": 96,
      **changes,
    }
  )


@pytest.fixture(scope="module")
def classifier(batch_norm, numbers_npz):
  model = models.Function(user_code.classify, {"handle": batch_norm})
  return _experiment(
    model,
    numbers_npz,
    exports=exporting.Exports(kinds=["latest", "best", "final"]),
  )


@pytest.mark.slow
def test_steps_equal_those_of_a_plain_estimator(
  classifier, trained_runs, tmp_path
):
  run = trained_runs.read_only(classifier)
  plain = estimator.Estimator(
    user_code.classify,
    str(tmp_path),
    estimator.RunConfig(tf_random_seed=classifier.seed),
    params=classifier.model.params,
  )
  examples = classifier.train_input.read()
  # A careful engineer leaves out the update ops of other signatures.
  with _only_own_update_ops():
    plain.train(
      inputs.make_train_input_fn(examples, batch_size=16, seed=1), max_steps=20
    )
  evaluated = plain.evaluate(inputs.make_eval_input_fn(examples, batch_size=96))
  for name in plain.get_variable_names():
    np.testing.assert_allclose(
      tf.train.load_variable(str(run.model_dir), name),
      plain.get_variable_value(name),
      rtol=1e-5,
      atol=1e-6,
      err_msg=name,
    )
  assert run.result.metrics["loss"] == pytest.approx(evaluated["loss"])
  assert run.result.metrics["accuracy"] == evaluated["accuracy"]


def _only_own_update_ops():
  from hub_estimator import modules
  from hub_estimator.tensorflow_runtime import hub_internals

  return hub_internals.recorded_calls(modules.drop_unfed_update_ops)


def test_model_and_module_are_exported_under_one_version(
  classifier, trained_runs, batch_norm
):
  run = trained_runs.read_only(classifier)
  assert set(run.result.exports) == {"latest", "best", "final"}
  x = classifier.eval_input.read().features["x"][:8]
  for kind, export in run.result.exports.items():
    assert "error" not in export, export
    path = run.model_dir / export["module"] / "text" / "encoder"
    with tf.Graph().as_default(), tf.Session() as session:
      loaded = tf.saved_model.load(
        session, ["serve"], str(run.model_dir / export["model"])
      )
      served = loaded.signature_def["serving_default"]
      assert set(served.outputs) == {"class_ids", "probabilities"}
      np.testing.assert_allclose(
        session.run(
          served.outputs["probabilities"].name, {served.inputs["x"].name: x}
        ).sum(axis=1),
        1,
        rtol=1e-5,
      )
    # Both variants, with what training moved.
    for tags in (None, {"train"}):
      assert user_code.apply(path, x, tags).shape == (8, 3), kind
    moved = tf.train.load_variable(
      str(path / "variables" / "variables"), "moving_mean"
    )
    step = run.model_dir / "model.ckpt-20"
    if kind != "best":
      np.testing.assert_array_equal(
        moved, tf.train.load_variable(str(step), "encoder/moving_mean")
      )
    assert np.abs(moved).sum() > 0


@pytest.mark.slow
def test_predictions_and_evaluation_take_the_run_alone(
  classifier, trained_runs, tmp_path
):
  run = trained_runs.copy(classifier, tmp_path)
  x = classifier.eval_input.read().features["x"][:5]
  predicted = runs.predict(
    run.model_dir, {"x": x}, experiment=classifier, batch_size=2
  )
  assert set(predicted) == {"class_ids", "probabilities"}
  assert len(predicted["class_ids"]) == 5
  again = runs.evaluate(run.model_dir, experiment=classifier)
  assert again["accuracy"] == pytest.approx(run.result.metrics["accuracy"])
  assert again["loss"] == pytest.approx(run.result.metrics["loss"])
  again = runs.evaluate(run.model_dir, experiment=classifier, checkpoint="10")
  assert again["global_step"] == 10


def test_the_manifest_names_the_modules_and_the_function(
  classifier, trained_runs, batch_norm
):
  run = trained_runs.read_only(classifier)
  manifest = json.loads((run.model_dir / "manifest.json").read_text())
  assert manifest["model"] == "tests.user_code.classify"
  assert manifest["modules"]["encoder"]["path"] == batch_norm
  assert manifest["modules"]["encoder"]["train_tags"] == ["train"]
  assert list(manifest["features"]) == ["x"]


@pytest.mark.slow
def test_another_module_or_function_is_refused_in_a_used_model_dir(
  classifier, trained_runs, tmp_path, dense, numbers_npz
):
  run = trained_runs.copy(classifier, tmp_path)
  other = {"handle": dense, "has_variants": False}
  for model, why in (
    (models.Function(user_code.classify, other), "trained with the handle"),
    (models.Function(user_code.autoencode, {"rate": 0.1}), "with the modules"),
    (
      models.Function(_linear, {"handle": classifier.model.params["handle"]}),
      "with the model 'tests.user_code.classify'",
    ),
  ):
    with pytest.raises(UserError, match=why):
      runs.train(replace(classifier, model=model), run.model_dir)


def _linear(features, labels, mode, params):
  return user_code.classify(features, labels, mode, params)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stored", "new"])
def test_a_run_in_two_parts_ends_with_the_same_bits(
  classifier, trained_runs, numbers_npz, tmp_path, kind
):
  experiment = classifier
  if kind == "new":
    model = models.Function(user_code.autoencode, {"rate": 0.2})
    experiment = _experiment(model, numbers_npz, label=None, metrics=[])
  run = trained_runs.read_only(experiment)
  for steps in (10, 20):
    runs.train(replace(experiment, max_steps=steps), tmp_path)
  for name, _ in tf.train.list_variables(str(run.model_dir)):
    np.testing.assert_array_equal(
      tf.train.load_variable(str(run.model_dir), name),
      tf.train.load_variable(str(tmp_path), name),
      err_msg=name,
    )


def test_two_new_modules_are_trained_without_labels_and_chained_again(
  numbers_npz, tmp_path
):
  model = models.Function(user_code.autoencode, {"rate": 0.2})
  experiment = _experiment(
    model, numbers_npz, label=None, exports=exporting.Exports(kinds=["final"])
  )
  result = runs.train(experiment, tmp_path)
  assert "error" not in result.exports["final"]
  modules = tmp_path / result.exports["final"]["module"]
  x = np.load(numbers_npz)["x"]
  code = user_code.apply(modules / "encoder", x)
  restored = user_code.apply(modules / "decoder", code)
  error = np.mean((restored - x) ** 2)
  assert result.metrics["error"] == pytest.approx(error, rel=1e-5)
  assert error < np.mean(x**2)


def test_a_loss_that_is_not_finite_ends_the_run_before_a_checkpoint(
  numbers_npz, tmp_path
):
  model = models.Function(user_code.autoencode, {"rate": 1e6})
  experiment = _experiment(
    model, numbers_npz, label=None, exports=exporting.Exports(kinds=[])
  )
  with pytest.raises(
    RunFailed, match="Training stopped at step .* the loss is"
  ):
    runs.train(experiment, tmp_path)
  last = tf.train.latest_checkpoint(str(tmp_path))
  assert last is None or all(
    np.isfinite(tf.train.load_variable(last, name)).all()
    for name, _ in tf.train.list_variables(last)
  )


def _spec(mode, x, **more):
  w = tf.get_variable("w", [], initializer=tf.ones_initializer())
  loss = tf.reduce_mean(x * w)
  train_op = tf.train.GradientDescentOptimizer(0.1).minimize(
    loss, global_step=more.pop("global_step", tf.train.get_global_step())
  )
  return estimator.EstimatorSpec(
    mode, loss=loss, train_op=train_op, predictions={"y": x * w}, **more
  )


def _without_module(features, mode):
  return _spec(mode, features["x"])


def _registered(module_fn, mode):
  module = hub.Module(hub.create_module_spec(module_fn), name="m")
  hub.register_module_for_export(module, "m")
  return module


def _module_fn():
  x = tf.placeholder(tf.float32, [None, 4])
  hub.add_signature(inputs=x, outputs=x * tf.get_variable("w", []))


def _without_features(features, mode):
  del features
  return _spec(mode, _registered(_module_fn, mode)(tf.ones([2, 4])))


def _with_other_variables(features, mode):
  x = _registered(_module_fn, mode)(features["x"])
  if mode == estimator.ModeKeys.PREDICT:
    x *= tf.get_variable("only_here", [])
  return _spec(mode, x)


def _with_variables_of_evaluation(features, mode):
  x = _registered(_module_fn, mode)(features["x"])
  if mode == estimator.ModeKeys.EVAL:
    x *= tf.get_variable("only_there", [])
  return _spec(mode, x)


def _without_steps(features, mode):
  x = _registered(_module_fn, mode)(features["x"])
  return _spec(mode, x, global_step=None)


def _with_a_name_twice(features, mode):
  _registered(_module_fn, mode)
  return _spec(mode, _registered(_module_fn, mode)(features["x"]))


def _with_an_escaping_name(features, mode):
  module = hub.Module(hub.create_module_spec(_module_fn), name="m")
  hub.register_module_for_export(module, "../m")
  return _spec(mode, module(features["x"]))


def _with_another_feature(features, mode):
  return _spec(mode, _registered(_module_fn, mode)(features["xs"]))


def _returning_nothing(features, mode):
  _registered(_module_fn, mode)(features["x"])


@pytest.mark.parametrize(
  "model_fn, why",
  [
    (_without_module, "_without_module registers no module in PREDICT mode"),
    (_without_features, "_without_features reads no feature in PREDICT mode"),
    (_with_other_variables, "graph of prediction has the variable 'only_here'"),
    (
      _with_variables_of_evaluation,
      "graph of evaluation has the variable 'only_there'",
    ),
    (_without_steps, "its train_op doesn't change the global step"),
    (_with_a_name_twice, "already a module registered .* as 'm'"),
    (_with_an_escaping_name, "'../m' escapes the export directory"),
    (_with_another_feature, "reads the feature 'xs'; .* 'x'"),
    (_returning_nothing, "returned NoneType; it must return"),
  ],
)
def test_a_function_that_can_not_be_run_is_one_line_before_step_1(
  numbers_npz, tmp_path, model_fn, why
):
  experiment = _experiment(models.Function(model_fn), numbers_npz)
  with pytest.raises(UserError, match=why) as refused:
    runs.train(experiment, tmp_path / "run")
  assert "\n" not in str(refused.value)
  assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
  "part, why",
  [
    (
      {"head": heads.Binary()},
      "run.head is Binary.* Function, doesn't read it",
    ),
    ({"optimizer": optimizers.SGD(0.1)}, "run.optimizer is SGD"),
    ({"towers": 2}, "run.towers is 2"),
  ],
)
def test_a_part_that_the_function_does_not_read_is_refused(
  classifier, part, why
):
  with pytest.raises(UserError, match=why):
    replace(classifier, **part)


@pytest.mark.slow
def test_a_module_that_prediction_does_not_apply_is_exported_too(
  numbers_npz, tmp_path
):
  experiment = _experiment(
    models.Function(user_code.play),
    numbers_npz,
    label=None,
    exports=exporting.Exports(kinds=["latest"]),
  )
  result = runs.train(experiment, tmp_path)
  assert "error" not in result.exports["latest"], result.exports
  modules = tmp_path / result.exports["latest"]["module"]
  for name, width in (("generator", 4), ("discriminator", 1)):
    made = user_code.apply(modules / name, np.ones((2, 4), np.float32))
    assert made.shape == (2, width)
    np.testing.assert_array_equal(
      tf.train.load_variable(
        str(modules / name / "variables" / "variables"), "dense/kernel"
      ),
      tf.train.load_variable(str(tmp_path), f"{name}/dense/kernel"),
    )


@pytest.mark.slow
def test_a_run_starts_from_the_weights_of_another(
  classifier, trained_runs, tmp_path
):
  before = trained_runs.read_only(classifier)
  rate = {**classifier.model.params, "rate": 0.0}
  experiment = replace(
    classifier,
    model=models.Function(user_code.classify, rate),
    start_from=str(before.model_dir),
    max_steps=1,
    exports=exporting.Exports(kinds=[]),
  )
  runs.train(experiment, tmp_path)
  started = json.loads((tmp_path / "manifest.json").read_text())["started_from"]
  assert started is not None
  for name in ("encoder/kernel", "logits/kernel"):
    np.testing.assert_array_equal(
      tf.train.load_variable(str(tmp_path), name),
      tf.train.load_variable(str(before.model_dir), name),
    )
  # Adam's own start anew.
  assert tf.train.load_variable(str(tmp_path), "beta1_power") == (
    pytest.approx(0.9**2)
  )


@pytest.mark.slow
def test_an_export_by_hand_and_one_for_tensorflow_2(
  classifier, trained_runs, tmp_path
):
  run = trained_runs.copy(classifier, tmp_path)
  experiment = replace(
    classifier, exports=exporting.Exports(formats=["tf1_hub", "tf2"])
  )
  version = runs.export(run.model_dir, experiment=experiment, checkpoint="10")
  assert (version.modules / "text" / "encoder" / "tfhub_module.pb").exists()
  converted = version.modules / "text" / "encoder.tf2"
  assert (converted / "saved_model.pb").exists()


def _with_dropout(features, labels, mode, params):
  spec = user_code.classify(features, labels, mode, params)
  if mode == estimator.ModeKeys.TRAIN:
    with tf.control_dependencies([tf.nn.dropout(spec.loss, rate=0.5)]):
      spec = spec._replace(train_op=tf.group(spec.train_op, tf.no_op()))
  return spec


@pytest.mark.slow
def test_draws_that_do_not_resume_are_warned_of(classifier, new_log):
  model = models.Function(_with_dropout, classifier.model.params)
  runs.check(replace(classifier, model=model))
  assert "_with_dropout draws at random (RandomUniform)" in new_log()
  runs.check(classifier)
  assert "draws at random" not in new_log()


def _wider(features, labels, mode, params):
  spec = user_code.classify(features, labels, mode, params)
  if "more" in params:
    tf.get_variable("more", [params["more"]])
  return spec


@pytest.mark.slow
@pytest.mark.parametrize(
  "then, now, why",
  [
    ({"more": 2}, {"more": 3}, "trained with .2., .* the variable 'more' .3."),
    ({}, {"more": 3}, "trained without it, .* the variable 'more' .3."),
  ],
)
def test_other_variables_are_refused_in_a_used_model_dir(
  classifier, tmp_path, then, now, why
):
  def run(params, steps):
    model = models.Function(_wider, {**classifier.model.params, **params})
    exports = exporting.Exports(kinds=[])
    return runs.train(
      replace(classifier, model=model, max_steps=steps, exports=exports),
      tmp_path,
    )

  run(then, 10)
  with pytest.raises(UserError, match=why):
    run(now, 20)
  assert run(then, 20).steps == 20
