"""A run trains, evaluates, exports, and resumes to the same bits."""

import numpy as np
import pytest

from hub_estimator import (
  exporting,
  optimizers,
  runs,
)
from hub_estimator.errors import UserError
from hub_estimator.experiments import EarlyStopping
from hub_estimator.model import tops
from hub_estimator.model_dir import results
from hub_estimator.model_dir.workdir import read_json
from hub_estimator.tensorflow_runtime import estimator, hub, tf
from hub_estimator.training import ProcessCache
from tests.small_runs import make_experiment, make_regression, replace

# Files of the room that these tests cover, beside their own.
COVERS = ("roles", "kept_features")


def _variables(model_dir) -> dict[str, np.ndarray]:
  checkpoint = tf.train.latest_checkpoint(str(model_dir))
  reader = tf.train.load_checkpoint(checkpoint)
  return {n: reader.get_tensor(n) for n in reader.get_variable_to_shape_map()}


def _scalars(path) -> dict[str, list[float]]:
  found = {}
  for file in sorted(path.glob("events*")):
    for event in tf.train.summary_iterator(str(file)):
      for value in event.summary.value:
        if value.HasField("simple_value"):
          found.setdefault(value.tag, []).append(value.simple_value)
  return found


def _assert_equal(a, b):
  assert set(a) == set(b)
  for name in a:
    np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@pytest.mark.slow
def test_a_run_leaves_what_the_house_lists(batch_norm, numbers_npz, tmp_path):
  experiment = make_experiment(
    batch_norm,
    numbers_npz,
    exports=exporting.Exports(),
    top=tops.Linear(l2=0.1),
  )
  result = runs.train(
    experiment,
    str(tmp_path),
    config_text="# all bindings\n",
    operative_config=lambda: "# used\n",
  )
  assert (result.state, result.steps) == (results.FINISHED, 20)
  assert results.read(tmp_path / "result.json") == result
  assert (tmp_path / "config.gin").read_text() == "# all bindings\n"
  assert (tmp_path / "operative_config.gin").read_text() == "# used\n"
  manifest = read_json(tmp_path / "manifest.json")
  assert manifest["modules"]["module"]["handle"] == batch_norm
  assert manifest["modules"]["module"]["train_tags"] == ["train"]
  assert manifest["features"] == {"x": {"dtype": "float32", "shape": [4]}}
  assert manifest["versions"]["tensorflow"] == tf.__version__
  version = result.exports["latest"]
  assert (tmp_path / version["model"] / "saved_model.pb").exists()
  assert (tmp_path / version["module"] / "module" / "tfhub_module.pb").exists()
  assert version["model"].endswith(str(version["version"]))
  assert version["module"].endswith(str(version["version"]))


@pytest.mark.slow
def test_the_variant_is_said_once_a_run(dense, numbers_npz, tmp_path, caplog):
  with caplog.at_level("WARNING", "hub_estimator"):
    runs.train(make_regression(dense, numbers_npz), str(tmp_path))
  assert caplog.text.count("no variant with the tag 'train'") == 1


@pytest.mark.slow
def test_losses_and_rates_are_written_apart(batch_norm, numbers_npz, tmp_path):
  experiment = make_experiment(batch_norm, numbers_npz, top=tops.Linear(l2=0.1))
  runs.train(experiment, str(tmp_path))
  scalars = _scalars(tmp_path)
  np.testing.assert_allclose(
    np.add(scalars["loss/data"], scalars["loss/regularization"]),
    scalars["loss"],
    rtol=1e-5,
  )
  assert min(scalars["loss/regularization"]) > 0
  np.testing.assert_allclose(scalars["learning_rate/head"], 0.05)
  np.testing.assert_allclose(scalars["learning_rate/module"], 0.005)
  assert "accuracy" in _scalars(tmp_path / "eval")


@pytest.mark.parametrize(
  "scale",
  [
    pytest.param(0.0, marks=pytest.mark.slow),
    pytest.param(1.0, marks=pytest.mark.slow),
    2.5,
  ],
)
def test_regularization_is_in_the_loss_once_and_scaled(
  dense, numbers_npz, tmp_path, scale
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    max_steps=1,
    summary_every_steps=1,
    fine_tuning=optimizers.FineTuning(regularization_scale=scale),
  )
  runs.train(experiment, str(tmp_path))
  with tf.Graph().as_default(), tf.Session() as session:
    kernel = hub.Module(dense).variable_map["kernel"]
    session.run(tf.global_variables_initializer())
    by_hand = 0.1 * 0.5 * np.sum(session.run(kernel) ** 2)
  scalars = _scalars(tmp_path)
  np.testing.assert_allclose(
    scalars["loss/regularization"][0], scale * by_hand, rtol=1e-5
  )
  # A head that starts at zero has the loss of a coin.
  np.testing.assert_allclose(
    scalars["loss"][0], np.log(2) + scale * by_hand, rtol=1e-5
  )


@pytest.mark.slow
def test_batch_norm_statistics_move_where_trained_and_stay_where_frozen(
  batch_norm, numbers_npz, trained_runs
):
  trained, frozen = (
    _variables(
      trained_runs.read_only(
        make_regression(batch_norm, numbers_npz, **changes)
      ).model_dir
    )
    for changes in ({}, {"module_trainable": False})
  )
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(batch_norm)
    session.run(tf.global_variables_initializer())
    source = session.run(module.variable_map)
  for name, value in source.items():
    np.testing.assert_array_equal(frozen[f"module/{name}"], value)
    assert not np.array_equal(trained[f"module/{name}"], value), name


@pytest.mark.slow
def test_two_runs_agree_to_the_last_bit(batch_norm, numbers_npz, tmp_path):
  experiment = make_regression(
    batch_norm, numbers_npz, top=tops.MLP(hidden_units=[8], dropout=0.3)
  )
  for name in "ab":
    runs.train(experiment, str(tmp_path / name))
  _assert_equal(_variables(tmp_path / "a"), _variables(tmp_path / "b"))
  runs.train(replace(experiment, seed=2), str(tmp_path / "c"))
  a, c = _variables(tmp_path / "a"), _variables(tmp_path / "c")
  assert not np.array_equal(a["head/logits/kernel"], c["head/logits/kernel"])


@pytest.mark.slow
def test_an_interrupted_run_resumes_exactly(
  batch_norm, numbers_npz, tmp_path, trained_runs
):
  whole = make_regression(batch_norm, numbers_npz)
  half = replace(whole, max_steps=10)
  assert runs.train(half, str(tmp_path / "parts")).steps == 10
  assert runs.train(whole, str(tmp_path / "parts")).steps == 20
  _assert_equal(
    _variables(trained_runs.read_only(whole).model_dir),
    _variables(tmp_path / "parts"),
  )


@pytest.mark.slow
def test_early_stopping_ends_a_run_that_stands_still(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    optimizer=optimizers.SGD(1e-12),
    max_steps=200,
    early_stopping=EarlyStopping("accuracy", patience_steps=20),
  )
  result = runs.train(experiment, str(tmp_path))
  assert (result.state, result.steps) == (results.STOPPED_EARLY, 30)
  assert runs.train(experiment, str(tmp_path)) == result


@pytest.mark.slow
def test_early_stopping_on_an_unknown_metric_is_refused_at_once(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    early_stopping=EarlyStopping("acuracy", patience_steps=20),
  )
  with pytest.raises(UserError, match="did you mean 'accuracy'"):
    runs.train(experiment, str(tmp_path / "run"))


@pytest.mark.slow
def test_old_checkpoints_go(dense, numbers_npz, tmp_path):
  experiment = make_regression(
    dense, numbers_npz, max_steps=6, eval_every_steps=2, keep_checkpoints=2
  )
  runs.train(experiment, str(tmp_path))
  assert sorted(p.name for p in tmp_path.glob("*.index")) == [
    "model.ckpt-4.index",
    "model.ckpt-6.index",
  ]


def test_a_user_keeps_what_plain_estimator_would_give(
  dense, numbers_npz, trained_runs
):
  run = trained_runs.read_only(make_regression(dense, numbers_npz))
  made = runs.make_estimator(run.experiment, str(run.model_dir))
  assert isinstance(made, estimator.Estimator)
  assert made.get_variable_value("global_step") == 20


@pytest.mark.slow
def test_l2_sp_pulls_towards_the_pretrained_values_and_survives_a_resume(
  dense, numbers_npz, tmp_path
):
  def kernel(l2_sp, name, stop_at=None):
    experiment = make_regression(
      dense,
      numbers_npz,
      optimizer=optimizers.SGD(0.1),
      fine_tuning=optimizers.FineTuning(
        1.0, l2_sp=l2_sp, regularization_scale=0.0
      ),
    )
    if stop_at:
      shorter = replace(experiment, max_steps=stop_at)
      runs.train(shorter, str(tmp_path / name))
    runs.train(experiment, str(tmp_path / name))
    return tf.train.load_checkpoint(str(tmp_path / name))

  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(dense)
    session.run(tf.global_variables_initializer())
    pretrained = session.run(module.variable_map["kernel"])
  held = kernel(3.0, "held")
  free = kernel(0.0, "free")
  # What it is pulled to is what the module had, trained or not.
  np.testing.assert_array_equal(
    held.get_tensor("pretrained/module/kernel"), pretrained
  )
  distances = [
    np.linalg.norm(reader.get_tensor("module/kernel") - pretrained)
    for reader in (held, free)
  ]
  assert 0 < distances[0] < 0.5 * distances[1]
  resumed = kernel(3.0, "resumed", stop_at=10)
  for name in ("module/kernel", "pretrained/module/kernel"):
    np.testing.assert_array_equal(
      resumed.get_tensor(name), held.get_tensor(name)
    )


@pytest.mark.slow
def test_l2_sp_is_half_the_squared_distance(dense, numbers_npz):
  experiment = make_experiment(
    dense,
    numbers_npz,
    fine_tuning=optimizers.FineTuning(l2_sp=0.5, regularization_scale=0.0),
  )
  checked = runs.checking.check(experiment)
  features, labels = checked.train.take(slice(0, 16))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    spec = checked.model_fn(
      {k: tf.constant(v) for k, v in features.items()},
      tf.constant(labels),
      "train",
    )
    session.run(tf.global_variables_initializer())
    before = session.run(spec.loss)
    np.testing.assert_allclose(before, np.log(2), rtol=1e-5)
    (bias,) = [v for v in tf.trainable_variables() if "module/bias" in v.name]
    session.run(bias.assign(bias + 2.0))
    # Three numbers, two away: 0.5 * 0.5 * 3 * 4. The top is still zero.
    np.testing.assert_allclose(session.run(spec.loss), before + 3.0, rtol=1e-5)


class _Stopped(Exception):
  pass


@pytest.mark.slow
def test_accumulating_and_scaling_runs_resume_to_the_same_bits(
  batch_norm, numbers_npz, tmp_path
):
  experiment = make_regression(
    batch_norm,
    numbers_npz,
    fine_tuning=optimizers.FineTuning(
      accumulate_batches=3, average_decay=0.9, freeze_module_steps=4
    ),
    rate_for_batch_size=8,
  )
  runs.train(experiment, str(tmp_path / "whole"))

  def stop(step, metrics):
    del metrics
    raise _Stopped(step)

  # Between two moves: step 10 is no multiple of 3.
  with pytest.raises(_Stopped, match="10"):
    runs.train(experiment, str(tmp_path / "halves"), after_evaluation=stop)
  runs.train(experiment, str(tmp_path / "halves"))
  # After a move, nothing is left to apply.
  runs.train(replace(experiment, max_steps=9), str(tmp_path / "longer"))
  runs.train(experiment, str(tmp_path / "longer"))
  whole, *others = (
    tf.train.load_checkpoint(str(tmp_path / name))
    for name in ("whole", "halves", "longer")
  )
  for name in whole.get_variable_to_shape_map():
    for other in others:
      np.testing.assert_array_equal(
        whole.get_tensor(name), other.get_tensor(name), err_msg=name
      )


@pytest.mark.slow
@pytest.mark.parametrize("trainable", [True, False])
def test_a_run_shorter_than_its_accumulated_batches_moves_once(
  dense, numbers_npz, tmp_path, trainable
):
  """By the mean gradient of its batches, and once more if it goes on."""
  experiment = make_experiment(
    dense,
    numbers_npz,
    module_trainable=trainable,
    optimizer=optimizers.SGD(1.0),
    fine_tuning=optimizers.FineTuning(1.0, accumulate_batches=100),
    batch_size=96,
    max_steps=3,
    eval_every_steps=3,
  )
  once = replace(
    experiment,
    fine_tuning=optimizers.FineTuning(1.0),
    max_steps=1,
    eval_every_steps=1,
  )
  # Each batch holds all examples, so that one step has the mean gradient.
  cache = ProcessCache()
  first = runs.train(once, str(tmp_path / "once"), cache=cache)
  accumulated = runs.train(experiment, str(tmp_path / "run"), cache=cache)
  assert accumulated.metrics["loss"] == pytest.approx(
    first.metrics["loss"], rel=1e-4
  )
  assert accumulated.metrics["loss"] < np.log(2) - 0.01
  longer = replace(experiment, max_steps=7)
  twice = replace(once, max_steps=2)
  second = runs.train(twice, str(tmp_path / "once"), cache=cache)
  accumulated = runs.train(longer, str(tmp_path / "run"), cache=cache)
  assert accumulated.metrics["loss"] == pytest.approx(
    second.metrics["loss"], rel=1e-4
  )
