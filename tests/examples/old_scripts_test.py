"""An old script has the same losses in all three steps of docs/migrating.md."""

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from hub_estimator.examples import digits, efficientnet, movies, old_data

import hub_estimator.experiments  # noqa: F401  Registers the parts.
from hub_estimator import config, runs
from hub_estimator.tensorflow_runtime import tf
from tests import user_code

pytestmark = pytest.mark.slow

EXAMPLES = pathlib.Path(digits.__file__).parent
SENTENCES = ["A moving, funny and beautifully acted film.", "Dull."]


def _run_script(name, module, data, model_dir):
  """Returns what step 1 prints: accuracy and loss."""
  done = subprocess.run(
    [
      *(sys.executable, "-m", "hub_estimator.run", str(EXAMPLES / name)),
      f"--module={module}",
      f"--train={data(split='train')}",
      f"--eval={data(split='eval')}",
      f"--model_dir={model_dir}",
    ],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return {
    name: float(value)
    for name, value in map(str.split, done.stdout.splitlines())
  }


def _run_config(name, model_dir):
  config.parse([name])
  return runs.train(
    config.build("run"), model_dir, config_text=config.run_text()
  )


def _logits_kernel(model_dir, ending="kernel"):
  (name,) = [
    name
    for name, shape in tf.train.list_variables(str(model_dir))
    if name.endswith(ending) and len(shape) == 2 and "module" not in name
  ]
  return tf.train.load_variable(str(model_dir), name)


def test_a_text_script_has_the_same_losses_in_all_three_steps(tmp_path):
  script = _run_script(
    "old_text.py", movies.glove50(), old_data.old_movies, tmp_path / "1"
  )
  assert 0.5 < script["loss"] < 0.68 and script["accuracy"] > 0.6
  (exported,) = (tmp_path / "1" / "export" / "hub").iterdir()
  vectors = user_code.apply(exported / "module", SENTENCES)
  for step, name in (
    ("2", "runs/old_text.gin"),
    ("3", "runs/old_text_transfer.gin"),
  ):
    result = _run_config(name, tmp_path / step)
    assert result.metrics["loss"] == pytest.approx(script["loss"], rel=1e-5)
    assert result.metrics["accuracy"] == pytest.approx(script["accuracy"])
    module = tmp_path / step / result.exports["latest"]["module"] / "module"
    np.testing.assert_allclose(
      user_code.apply(module, SENTENCES), vectors, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
      _logits_kernel(tmp_path / step),
      _logits_kernel(tmp_path / "1"),
      rtol=1e-3,
      atol=1e-5,
    )


def test_an_image_script_has_the_same_losses_in_all_three_steps(tmp_path):
  module = efficientnet.efficientnet_lite0(image_size=32)
  script = _run_script(
    "old_images.py", module, old_data.old_digits, tmp_path / "1"
  )
  assert script["loss"] < 1 and script["accuracy"] > 0.7
  for step, name in (
    ("2", "runs/old_images.gin"),
    ("3", "runs/old_images_transfer.gin"),
  ):
    result = _run_config(name, tmp_path / step)
    assert result.metrics["loss"] == pytest.approx(script["loss"], rel=1e-4)
    assert result.metrics["accuracy"] == pytest.approx(script["accuracy"])
    np.testing.assert_allclose(
      _logits_kernel(tmp_path / step),
      _logits_kernel(tmp_path / "1"),
      rtol=1e-2,
      atol=1e-4,
    )


def test_the_commands_of_step_1_are_printed(capsys):
  old_data.main()
  lines = capsys.readouterr().out.splitlines()
  assert [line.split()[2] for line in lines] == [
    str(EXAMPLES / name) for name in ("old_text.py", "old_images.py")
  ]
  for line in lines:
    for word in line.split()[3:-1]:
      assert pathlib.Path(word.split("=")[1]).exists()
