"""Modules after published ones, through every verb."""

import json

import pytest
from hub_estimator.trainers import main as command

import hub_estimator.experiments  # noqa: F401  Registers the parts.
import hub_estimator.publishing  # noqa: F401  Before gin is locked.
from hub_estimator import config
from hub_estimator.modules import inspecting, read_module_info
from tests import module_zoo
from tests.module_data import write_data

pytestmark = pytest.mark.slow

# Its exports differ from what was trained, as they should.
_EXPORTED = [m for m in module_zoo.ALL if m is not module_zoo.counting]


@pytest.mark.parametrize("module", _EXPORTED, ids=lambda m: m.__name__)
def test_a_module_is_linted_trained_exported_and_its_export_applied(
  module, tmp_path, monkeypatch, capsys
):
  def run(*argv):
    capsys.readouterr()
    code = command.main([*argv])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured.out

  (tmp_path / "data").mkdir()
  monkeypatch.chdir(tmp_path / "data")
  path = module(tmp_path / "m")
  assert "signature" in run("inspect", path)
  findings = json.loads(_out(capsys, "lint", path, "--json"))["findings"]
  assert all({"check", "why", "mend"} <= set(f) for f in findings)
  gin = tmp_path / "data" / "run.gin"
  info = read_module_info(path)
  gin.write_text(inspecting.to_gin(info) + "MAX_STEPS = 2\n")
  config.parse([str(gin)])
  write_data(info, gin.parent)
  experiment = config.build("run")
  train = ("train", f"--gin_file={gin}", "--model_dir=run")
  batch = "--gin_param=BATCH_SIZE = 4"
  run(*train, batch, "--gin_param=exports.kinds = []")
  # It resumes, and exports.
  run(*train, batch, "--gin_param=MAX_STEPS = 4")
  exported = json.loads(run("export", "--model_dir=run"))
  predicted = run("predict", "--model_dir=run", *_predicted(experiment))
  assert predicted or (gin.parent / "out.jsonl").exists()
  source = experiment.encoder.module
  tags = ["--tags", *source.inference_tags] if source.inference_tags else []
  run(
    *("apply", f"{exported['module']}/module", "--signature"),
    *(source.signature, *tags, "--output=vectors.jsonl"),
    f"--input={experiment.eval_input.path}",
    f"--gin_file={gin}",
  )
  lines = (gin.parent / "vectors.jsonl").read_text().splitlines()
  assert len(lines) == 8


def _out(capsys, *argv):
  capsys.readouterr()
  command.main([*argv])
  return capsys.readouterr().out


def _predicted(experiment):
  return (f"--input={experiment.eval_input.path}", "--output=out.jsonl")
