"""A binding that nothing reads is an error that names the nearest one."""

import logging

import gin
import pytest

from hub_estimator import config
from hub_estimator.errors import UserError

ROOTS = ("run", "sweep")


@pytest.mark.parametrize(
  "binding, hint",
  [
    ("optimizers.sgd.learning_rate = 1.0", "'optimizers.adam.learning_rate'"),
    ("early_stopping.patience_steps = 5", ""),
    ('eval/inputs.npz.path = "x"', "'inputs.npz.path'"),
    ("heads.multi_class.n_classes = 3", ""),
    ("schedules.cosine.rate = 0.1", ""),
    ("MAX_STPES = 3", "'MAX_STEPS'"),
    ('inputs.csv.path = "x"', "'inputs.npz.path'"),
    ("tops.mlp.hidden_units = [3]", ""),
    ("glove/module.trainable = False", "'module.trainable'"),
    ("tokenizers.wordpiece.max_length = 3", ""),
  ],
)
def test_an_unread_binding_of_a_file_is_refused_with_its_line(
  run_gin, binding, hint
):
  with open(run_gin, "a", encoding="utf-8") as file:
    file.write(f"SEED = 3\n{binding}\n")
  name = binding.split(" ")[0]
  try:
    config.parse([run_gin])
  except UserError as error:
    pytest.fail(str(error))
  with pytest.raises(UserError) as told:
    config.require_read(*ROOTS)
  message = str(told.value)
  assert f"{name.removeprefix('heads.')} ({run_gin}, line 9" in message or (
    f"{name} ({run_gin}, line 9" in message
  )
  assert hint in message
  assert "\n" not in message


def test_an_unread_binding_of_the_command_line_is_refused(run_gin):
  config.parse([run_gin], ["optimizers.sgd.learning_rate = 1.0"])
  with pytest.raises(
    UserError,
    match=r"optimizers.sgd.learning_rate \(--gin_param; did you mean "
    r"'optimizers.adam.learning_rate'\?\)",
  ):
    config.require_read(*ROOTS)
  config.parse(
    [run_gin],
    ["optimizers.sgd.learning_rate = 1.0", "OPTIMIZER = @optimizers.sgd()"],
  )
  config.require_read(*ROOTS)
  assert config.build("run").optimizer.learning_rate == 1.0


def test_a_file_of_shared_defaults_may_hold_unread_bindings(run_gin, tmp_path):
  shared = tmp_path / "site_defaults.gin"
  shared.write_text(
    "gin_file.shared_defaults = True\noptimizers.sgd.learning_rate = 1.0\n"
  )
  with open(run_gin, "a", encoding="utf-8") as file:
    file.write(f"include {str(shared)!r}\n")
  config.parse([run_gin])
  config.require_read(*ROOTS)
  # Its mark says nothing about the file that includes it.
  with open(run_gin, "a", encoding="utf-8") as file:
    file.write("optimizers.sgd.momentum = 0.5\n")
  config.parse([run_gin])
  with pytest.raises(UserError, match="Nothing reads .*optimizers.sgd.mome"):
    config.require_read(*ROOTS)


def test_the_sites_file_may_hold_unread_bindings(
  run_gin, tmp_path, monkeypatch
):
  site = tmp_path / "site.gin"
  site.write_text("optimizers.sgd.learning_rate = 1.0\nhandles.retries = 2\n")
  monkeypatch.setenv(config.SITE_FILE, str(site))
  config.parse([run_gin])
  config.require_read(*ROOTS)


def test_an_old_runs_config_is_warned_of(run_gin, tmp_path, caplog):
  folder = tmp_path / "old"
  folder.mkdir()
  config.parse([run_gin])
  (folder / "config.gin").write_text(
    config.text() + "\noptimizers.sgd.learning_rate = 1.0\n"
  )
  (folder / "manifest.json").write_text("{}")
  config.parse([str(folder / "config.gin")])
  with caplog.at_level(logging.WARNING):
    config.require_read(*ROOTS)
  assert "optimizers.sgd.learning_rate" in caplog.text


def test_a_saved_config_can_be_trained_from_wherever_it_lies(run_gin, tmp_path):
  """base.gin binds `encoder`, which this run doesn't read."""
  config.parse([run_gin], ["run.encoder = @encoders.columns()"])
  config.require_read(*ROOTS)
  assert "gin_file" not in config.text()
  copy = tmp_path / "copy.gin"
  copy.write_text(config.run_text())
  config.parse([str(copy)])
  config.require_read(*ROOTS)
  text = config.text()
  config.parse([run_gin], ["run.encoder = @encoders.columns()"])
  assert config.text() == text


def test_a_config_whose_bindings_are_all_read_is_saved_as_it_is(run_gin):
  config.parse([run_gin])
  assert config.run_text() == config.text()


def test_a_files_binding_may_lose_its_reader_to_the_command_line(run_gin):
  with open(run_gin, "a", encoding="utf-8") as file:
    file.write("BATCH_SIZE = 8\noptimizers.adam.learning_rate = 0.1\n")
  config.parse(
    [run_gin], ["run.batch_size = 4", "OPTIMIZER = @optimizers.sgd()"]
  )
  config.require_read(*ROOTS)


@pytest.mark.parametrize(
  "name",
  [n for n in config.shipped() if n.startswith(("runs/", "sweeps/"))],
)
def test_shipped_configs_hold_no_unread_binding_but_in_base(name):
  import hub_estimator.sweeps  # noqa: F401  Registers `sweep`.
  from hub_estimator.config import reading, sources

  config.parse([name])
  read = reading.read_keys(ROOTS)
  unread = [
    reading.binding_name(key)
    for key, file in sources.current().files.items()
    if key not in read and not file.endswith("base.gin")
  ]
  assert not unread
  gin.clear_config()


def test_the_command_lines_bindings_are_read_or_not(run_gin):
  config.parse([run_gin], ["SEED = 3", "optimizers.sgd.momentum = 0.5"])
  assert config.command_line_reads("run") == {
    "SEED": True,
    "optimizers.sgd.momentum": False,
  }
  assert "optimizers.adam" in config.nearest_read(
    "optimizers.adam.learning_rat", "run"
  )


def test_a_forgotten_include_is_suggested(tmp_path):
  path = tmp_path / "run.gin"
  path.write_text("HANDLE = '/m'\nHEAD = @heads.binary()\n")
  config.parse([str(path)])
  with pytest.raises(UserError, match='include "base.gin" reads HANDLE'):
    config.require_read("run")
