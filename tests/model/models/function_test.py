"""A user's model_fn is called as Estimator calls it, from gin and from Python."""

import pytest

from hub_estimator import config, runs
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment, to_gin
from hub_estimator.model import models
from hub_estimator.tensorflow_runtime import estimator, tf
from tests import user_code

# Files of the room that these tests cover, beside their own.
COVERS = ("found_modules",)

GIN = """
import tests.user_code
HANDLE = {module!r}
RATE = 0.05
run.model = @models.function()
models.function.model_fn = @tests.classify
models.function.params = {{"handle": %HANDLE, "rate": %RATE}}
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {data!r}
inputs.npz.features = ["x"]
inputs.npz.label = "label"
run.max_steps = 20
run.eval_every_steps = 20
run.batch_size = 16
run.exports = @exports()
exports.kinds = ["final"]
"""


@pytest.fixture
def experiment(batch_norm, numbers_npz, tmp_path) -> Experiment:
  file = tmp_path / "run.gin"
  file.write_text(GIN.format(module=batch_norm, data=numbers_npz))
  config.parse([str(file)])
  return config.build("run")


def test_gin_and_python_define_the_same_run(
  experiment, batch_norm, tmp_path, trained_runs
):
  in_python = models.Function(
    user_code.classify, {"handle": batch_norm, "rate": 0.05}
  )
  assert experiment.model.identity(experiment) == in_python.identity(experiment)
  text = to_gin(experiment)
  assert "models.function.model_fn = @tests.classify" in text
  assert "import tests.user_code" in text
  result = runs.train(experiment, tmp_path / "run", config_text=text)
  # The run is read from its own config alone.
  again = runs.read_run(tmp_path / "run").experiment
  assert again.model.params == experiment.model.params
  predicted = runs.predict(tmp_path / "run", {"x": [[0.0] * 4]})
  assert len(predicted["class_ids"]) == 1
  assert "error" not in result.exports["final"]


@pytest.mark.parametrize(
  "fields, why",
  [
    ((3,), "model_fn is 3; it must be a function"),
    ((user_code.classify, [1]), "params is \\[1\\]; it must be a dict"),
    ((lambda inputs: None,), "takes no argument 'features'; it takes: inputs"),
    ((lambda features: None, {"a": 1}), "takes no argument 'params'"),
    ((user_code.classify, {}, "x"), "must be a list: write \\['x'\\]"),
  ],
)
def test_what_is_no_model_fn_is_refused(fields, why):
  with pytest.raises(UserError, match=why):
    models.Function(*fields)


def test_features_can_be_named(experiment, dense):
  model = models.Function(user_code.classify, {}, ["y"])
  with pytest.raises(UserError, match="features names 'y'; .*x"):
    model.features_read(experiment, {}, experiment.train_input.read().specs())
  model = models.Function(user_code.classify, {}, ["x"])
  specs = experiment.train_input.read().specs()
  assert model.features_read(experiment, {}, specs) == {"x"}


def test_predictions_and_export_outputs_of_any_form_are_served(experiment):
  def model_fn(features, mode, config):
    assert isinstance(config, estimator.RunConfig)
    module = user_code.new_module("m")
    return estimator.EstimatorSpec(
      mode,
      predictions=module(features["x"]),
      export_outputs={
        "twice": estimator.export.PredictOutput({"y": features["x"] * 2})
      },
    )

  function = models.Function(model_fn).make_model_fn(experiment, {})
  with tf.Graph().as_default():
    spec = function({"x": tf.ones([2, 4])}, None, "infer")
  assert set(spec.export_outputs) == {"twice", "predict", "serving_default"}
  assert set(spec.predictions) == {"predictions"}
