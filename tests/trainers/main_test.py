import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hub_estimator.trainers import main as command

from tests.small_runs import tree_digest


@pytest.fixture(scope="module")
def gin_file(batch_norm, tmp_path_factory):
  folder = tmp_path_factory.mktemp("gin")
  rng = np.random.default_rng(0)
  x = rng.normal(size=(64, 4)).astype(np.float32)
  np.savez(folder / "data.npz", x=x, label=(x[:, 0] > 0).astype(np.int64))
  path = folder / "run.gin"
  path.write_text(f"""
include "base.gin"
HANDLE = "{batch_norm}"
HEAD = @heads.binary()
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = "data.npz"
MAX_STEPS = 10
EVAL_EVERY_STEPS = 5
BATCH_SIZE = 8
""")
  return path


def _main(capsys, *argv):
  code = command.main(list(argv))
  captured = capsys.readouterr()
  return code, captured.out, captured.err


def _failure(capsys, *argv):
  code, out, err = _main(capsys, *argv)
  assert code == 2
  assert out == ""
  lines = err.strip().splitlines()
  assert len(lines) == 1, err
  assert lines[0].startswith(f"hub-estimator {argv[0]}: ")
  return lines[0]


@pytest.fixture(scope="module")
def trained(gin_file, tmp_path_factory):
  """A run trained from the folder of the gin file, by relative paths."""
  model_dir = tmp_path_factory.mktemp("runs") / "run"
  before = os.getcwd()
  os.chdir(gin_file.parent)
  try:
    code = command.main(
      ["train", "--gin_file=run.gin", f"--model_dir={model_dir}"]
    )
  finally:
    os.chdir(before)
  assert code == 0
  return model_dir


@pytest.mark.slow
def test_train_leaves_configs_that_make_the_run_again(
  trained, gin_file, tmp_path, capsys, monkeypatch
):
  monkeypatch.chdir(gin_file.parent)
  code, out, _ = _main(
    capsys,
    "train",
    f"--gin_file={trained}/config.gin",
    f"--model_dir={tmp_path}/again",
  )
  assert code == 0
  first = json.loads((trained / "result.json").read_text())
  assert json.loads(out)["metrics"] == first["metrics"]
  operative = (trained / "operative_config.gin").read_text()
  # Of evaluation and export too, and with the defaults that were used.
  assert "fine_tuning.module_rate_multiplier = 0.1" in operative
  assert "exports.keep = 5" in operative


@pytest.mark.slow
def test_evaluate_predict_and_export_need_only_the_model_dir(
  trained, tmp_path, capsys, monkeypatch
):
  monkeypatch.chdir(tmp_path)
  code, out, _ = _main(capsys, "evaluate", f"--model_dir={trained}")
  assert code == 0
  expected = json.loads((trained / "result.json").read_text())["metrics"]
  assert json.loads(out)["accuracy"] == pytest.approx(expected["accuracy"])

  (tmp_path / "rows.jsonl").write_text('{"x": [1, 2, 3, 4]}\n' * 3)
  monkeypatch.chdir(tmp_path)
  code, out, err = _main(
    capsys,
    "predict",
    f"--model_dir={trained}",
    "--input=rows.jsonl",
    "--output=predictions.jsonl",
  )
  assert code == 0
  assert "3 predictions in" in err
  assert len((tmp_path / "predictions.jsonl").read_text().splitlines()) == 3

  monkeypatch.chdir(tmp_path)
  code, out, _ = _main(capsys, "export", f"--model_dir={trained}")
  assert code == 0
  version = json.loads(out)
  assert os.path.isdir(version["model"])
  assert os.listdir(version["module"]) == ["module"]


@pytest.mark.slow
def test_check_changes_nothing(gin_file, tmp_path, capsys, monkeypatch):
  monkeypatch.chdir(gin_file.parent)
  code, out, _ = _main(
    capsys, "check", "--gin_file=run.gin", f"--model_dir={tmp_path}/run"
  )
  assert code == 0
  assert json.loads(out)["modules"]["module"]["train_tags"] == ["train"]
  assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
  "param, why",
  [
    ("HANDLE = '/no/module'", "'/no/module' doesn't exist"),
    ("SIGNATURE = 'defalt'", "did you mean 'default'"),
    ("MAX_STEP = 1", "did you mean 'MAX_STEPS'"),
    ("HEAD = @heads.multi_clas(3)", "--gin_param"),
    ("inputs.npz.path = 'dta.npz'", "did you mean 'data.npz'"),
    ("module.export_name = '../x'", "escapes the export directory"),
    ("run.batch_size = 0", "run.batch_size is 0"),
    ("module.tags = 'train'", "write ['train']"),
    ("optimizers.adam.learning_rate = @schedules.cosine", "decay_steps"),
  ],
)
def test_a_mistake_gets_one_line_and_leaves_a_run_untouched(
  trained, gin_file, capsys, monkeypatch, param, why
):
  monkeypatch.chdir(gin_file.parent)
  before = tree_digest(trained)
  message = _failure(
    capsys,
    "train",
    "--gin_file=run.gin",
    f"--model_dir={trained}",
    f"--gin_param={param}",
  )
  assert why in message
  assert tree_digest(trained) == before


@pytest.mark.parametrize("verb", ["evaluate", "predict", "export"])
def test_a_verb_on_nothing_says_so(verb, tmp_path, capsys):
  argv = [verb, f"--model_dir={tmp_path}/none"]
  if verb == "predict":
    argv.append("--input=x.csv")
  assert "doesn't exist" in _failure(capsys, *argv)


def test_a_failed_prediction_leaves_no_file(trained, tmp_path, capsys):
  (tmp_path / "rows.jsonl").write_text('{"y": 1}\n')
  _failure(
    capsys,
    "predict",
    f"--model_dir={trained}",
    f"--input={tmp_path}/rows.jsonl",
    f"--output={tmp_path}/out.jsonl",
  )
  assert os.listdir(tmp_path) == ["rows.jsonl"]


def test_help_answers_without_tensorflow():
  code = (
    "import sys\n"
    "from hub_estimator.trainers import main\n"
    "for argv in [['--help'], *([v, '--help'] for v in main.VERBS)]:\n"
    "  try: main.main(argv)\n"
    "  except SystemExit as e: assert e.code == 0\n"
    "heavy = {'tensorflow', 'numpy', 'gin'} & set(sys.modules)\n"
    "assert not heavy, heavy\n"
  )
  done = subprocess.run(
    [sys.executable, "-c", code], capture_output=True, text=True, check=False
  )
  assert done.returncode == 0, done.stderr
  for verb in command.VERBS:
    assert f"usage: hub-estimator {verb}" in done.stdout


@pytest.mark.slow
def test_the_wheel_holds_all_that_the_command_needs(tmp_path, gin_file):
  root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
  pip = [sys.executable, "-m", "pip", "--quiet"]
  subprocess.run(
    [*pip, "wheel", "--no-deps", "-w", str(tmp_path / "dist"), root], check=True
  )
  (wheel,) = (tmp_path / "dist").glob("*.whl")
  subprocess.run(
    [
      *pip,
      "install",
      "--no-deps",
      "--target",
      str(tmp_path / "site"),
      str(wheel),
    ],
    check=True,
  )
  empty = tmp_path / "empty"
  empty.mkdir()
  site = str(tmp_path / "site")
  done = subprocess.run(
    [
      sys.executable,
      "-c",
      # Before the checkout that the tests are run from.
      f"import sys; sys.path.insert(0, {site!r})\n"
      "import hub_estimator; assert hub_estimator.__file__.startswith(sys.path[0])\n"
      "from hub_estimator.trainers.main import main; sys.exit(main())",
      "train",
      f"--gin_file={gin_file}",
      "--model_dir=D",
      f"--gin_param=inputs.npz.path = '{gin_file.parent}/data.npz'",
    ],
    cwd=empty,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  assert json.loads(done.stdout)["state"] == "finished"
