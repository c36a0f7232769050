"""`import hub_estimator as he` is fast, and offers what its `__all__` promises."""

import ast
import inspect
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import hub_estimator as he

_DOOR = pathlib.Path(he.__file__)


def test_every_promised_name_is_there():
  for name in he.__all__:
    assert getattr(he, name) is not None, name
  assert set(dir(he)) == set(he.__all__)


def test_readers_of_types_see_the_promised_names():
  tree = ast.parse(_DOOR.read_text())
  block = next(node for node in tree.body if isinstance(node, ast.If))
  seen = {
    alias.asname or alias.name
    for node in block.body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
  } | {"__version__"}
  assert seen == set(he.__all__)
  assert (_DOOR.parent / "py.typed").exists()


def test_an_unknown_name_is_an_attribute_error():
  with pytest.raises(AttributeError, match="has no attribute 'trian'"):
    he.trian  # noqa: B018


def test_verbs_and_nouns_are_documented():
  for name in he.__all__:
    value = getattr(he, name)
    if callable(value):
      assert inspect.getdoc(value), name


def test_the_import_brings_no_tensorflow_and_prints_nothing():
  code = """
import sys
import hub_estimator as he
he.UserError, he.progress
heavy = {"tensorflow", "numpy", "gin", "optuna", "importlib.metadata"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
  done = subprocess.run(
    [sys.executable, "-c", code], capture_output=True, text=True
  )
  assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_gin_and_python_reach_the_same_parts_by_the_same_names():
  from hub_estimator import config

  namespaces = {
    "augmentations",
    "columns",
    "encoders",
    "exporters",
    "heads",
    "inputs",
    "metrics",
    "models",
    "optimizers",
    "schedules",
    "tokenizers",
    "tops",
  }
  found = set()
  for selector, part in config.registered_parts().items():
    namespace, _, name = selector.rpartition(".")
    if namespace in namespaces:
      found.add(namespace)
      assert getattr(getattr(he, namespace), name) is part, selector
  assert found == namespaces


@pytest.fixture(scope="module")
def run(dense, numbers_npz, tmp_path_factory):
  """A run that was defined in Python, trained: (model_dir, experiment, result)."""
  data = he.inputs.npz(numbers_npz, features=["x"])
  experiment = he.Experiment.for_module(
    dense,
    head=he.heads.binary(),
    optimizer=he.optimizers.adam(0.05),
    train_input=data,
    eval_input=data,
    max_steps=20,
    eval_every_steps=10,
  )
  model_dir = str(tmp_path_factory.mktemp("run") / "first")
  return model_dir, experiment, he.train(experiment, model_dir)


def test_a_run_is_read_back_as_it_was_defined(run):
  model_dir, experiment, result = run
  again = he.read_run(model_dir)
  assert again.experiment == experiment
  assert again.result == result
  assert list(again.evaluations()) == [10, 20]
  assert repr(again).endswith("finished at step 20>")


def test_a_run_is_evaluated_exported_and_predicts_by_its_model_dir_alone(run):
  model_dir, _, result = run
  assert he.evaluate(model_dir)["loss"] == pytest.approx(
    result.metrics["loss"], rel=1e-5
  )
  assert he.export(model_dir).modules.is_dir()
  rows = {"x": np.zeros([3, 4])}
  predictions = he.predict(model_dir, rows)
  assert predictions.rows == 3
  assert predictions["probabilities"].shape == (3, 2)
  assert "probabilities float32 [3, 2]" in repr(predictions)
  assert predictions._repr_html_().count("<tr>") == 4
  integers = he.predict(model_dir, {"x": [[0, 0, 0, 0]] * 3})
  np.testing.assert_array_equal(integers["logits"], predictions["logits"])


@pytest.mark.parametrize(
  "rows, why",
  [
    ({"y": [1.0]}, "No feature 'x' in the rows; .* y"),
    ({"x": [[1.0, 2.0]]}, r"rows of shape \[2\], and float32 \[4\] is wanted"),
    ({"x": ["a"]}, r"'x' is string \[\], and float32 \[4\] is wanted"),
    ({"x": [[2**40 + 1, 0, 0, 0]]}, r"'x' is int64 \[4\], and float32"),
  ],
)
def test_rows_that_do_not_fit_are_refused(run, rows, why):
  with pytest.raises(he.UserError, match=why):
    he.predict(run[0], rows)


def test_progress_reaches_a_listener(dense, numbers_npz, tmp_path, capfd):
  data = he.inputs.npz(numbers_npz, features=["x"])
  experiment = he.Experiment.for_module(
    dense,
    head=he.heads.binary(),
    train_input=data,
    eval_input=data,
    max_steps=5,
    exports=he.Exports(kinds=[]),
  )
  heard = []
  with he.progress.listen(heard.append):
    he.train(experiment, str(tmp_path))
  training = [r.done for r in heard if r.what == "training"]
  assert (training[0], training[-1]) == (0, 5)
  assert capfd.readouterr().out == ""


def test_the_command_continues_a_run_of_python(run, capsys):
  from hub_estimator.trainers import main

  assert main.main(["evaluate", "--model_dir", run[0]]) == 0
  assert '"global_step": 20' in capsys.readouterr().out


def test_check_lint_and_inspect_take_a_handle(run, dense):
  _, experiment, _ = run
  assert "96 training and 96 evaluation examples" in repr(he.check(experiment))
  info = he.inspect(dense)
  assert he.lint(info) == he.lint(dense)


@pytest.mark.slow
def test_a_sweep_from_python_returns_its_ranking(run, tmp_path):
  _, experiment, _ = run
  outcome = he.sweep(
    experiment,
    tmp_path / "sweep",
    space={"optimizers.adam.learning_rate": [0.05, 0.0001]},
    goals=["loss"],
    strategy="grid",
  )
  assert outcome.leaderboard.best.params == {
    "optimizers.adam.learning_rate": 0.05
  }
  assert "<table" in outcome._repr_html_()
