import gin
import pytest

import hub_estimator.experiments  # noqa: F401  Registers the parts.
from hub_estimator import config
from hub_estimator.errors import UserError

RUN = """
include "base.gin"
HANDLE = "m"
HEAD = @heads.binary()
inputs.npz.path = "data.npz"
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
"""


@pytest.fixture
def run_gin(tmp_path):
  path = tmp_path / "run.gin"
  path.write_text(RUN)
  return str(path)


def _error(*args) -> str:
  with pytest.raises(UserError) as caught:
    config.parse(*args)
    config.build("run")
  assert "\n" not in str(caught.value)
  return str(caught.value)


def test_a_file_builds_an_experiment_and_bindings_win(run_gin):
  config.parse([run_gin], ["MAX_STEPS = 7", 'module.name = "enc"'])
  experiment = config.build("run")
  assert experiment.max_steps == 7
  assert experiment.encoder.module.name == "enc"


def test_the_dump_makes_the_same_experiment_again(run_gin, tmp_path):
  config.parse([run_gin], ["MAX_STEPS = 7"])
  first = config.build("run")
  dumped = tmp_path / "config.gin"
  dumped.write_text(config.text())
  config.parse([str(dumped)])
  assert config.build("run") == first
  assert config.text() == dumped.read_text()


def test_nothing_of_an_earlier_config_remains(run_gin):
  config.parse([run_gin], ["MAX_STEPS = 7"])
  config.parse([run_gin])
  assert config.build("run").max_steps == 1000


@pytest.mark.parametrize(
  "change, wanted",
  [
    ("HEAD = @heads.binry()", "did you mean 'heads.binary'?"),
    ("head.binary.threshold = 1", "No configurable matching 'head.binary'"),
    ("adapter.pooing = 'max'", "did you mean 'pooling'?"),
    ("module.handel = 'x'", "did you mean 'handle'?"),
    ("module.handle = %HANDEL", "the macro %HANDEL is used and never bound"),
    ("run.max_steps = ", "line 9"),
    ("run.max_steps = 'ten'", "run.max_steps is 'ten'"),
    ("run.head = @heads.binary", "called: @heads.<name>()"),
    ("run.optimizer = @schedules.constant", "one of @optimizers"),
    (
      "heads.multi_class.n_classes = 1\nrun.head = @heads.multi_class()",
      "at least 2",
    ),
    ('include "bse.gin"', "bse.gin"),
    ("import no_such_module_of_mine", "no_such_module_of_mine"),
  ],
)
def test_a_broken_file_gets_one_line_with_what_exists(tmp_path, change, wanted):
  path = tmp_path / "run.gin"
  path.write_text(RUN + "\n" + change + "\n")
  assert wanted in _error([str(path)])


def test_a_required_macro_that_is_not_bound_is_named(tmp_path):
  path = tmp_path / "run.gin"
  path.write_text(RUN.replace('HANDLE = "m"', ""))
  assert "HANDLE" in _error([str(path)])


def test_a_missing_file_names_the_nearest_shipped_one():
  assert "did you mean 'runs/quickstart.gin'?" in _error(["runs/quikstart.gin"])


def test_a_mistyped_macro_on_the_command_line_is_refused(run_gin):
  message = _error([run_gin], ["MAX_STEP = 3"])
  assert "nothing uses the macro 'MAX_STEP'" in message
  assert "did you mean 'MAX_STEPS'?" in message


def test_a_broken_binding_on_the_command_line_is_quoted(run_gin):
  assert "--gin_param 'MAX_STEPS = = 3'" in _error(
    [run_gin], ["MAX_STEPS = = 3"]
  )


def test_a_users_own_python_file_beside_the_gin_file_is_found(tmp_path):
  (tmp_path / "my_parts_of_config_test.py").write_text(
    "import gin\n"
    "from hub_estimator import heads\n"
    "@gin.register('mine', module='my')\n"
    "def mine(): return heads.MultiClass(5)\n"
  )
  path = tmp_path / "run.gin"
  path.write_text(
    "import my_parts_of_config_test\n" + RUN + "HEAD = @my.mine()\n"
  )
  config.parse([str(path)])
  assert config.build("run").head.n_classes == 5


def test_a_users_own_folder_named_as_a_shipped_one_is_in_no_ones_way(
  tmp_path, monkeypatch
):
  (tmp_path / "runs").mkdir()
  (tmp_path / "mine.gin").write_text("include 'runs/quickstart.gin'\n")
  monkeypatch.chdir(tmp_path)
  config.parse(["mine.gin"])
  assert "MAX_STEPS" in config.text()


def test_every_shipped_config_is_listed():
  assert "base.gin" in config.shipped()
  assert "runs/quickstart.gin" in config.shipped()


def teardown_module():
  gin.clear_config()


@pytest.mark.parametrize(
  "text",
  [
    "import antigravity_of_mine",
    "import os",
    "from os import path",
    "import os as hub_estimator",
    "from __gin__ import dynamic_registration\nimport os",
    "include 'inner.gin'",
  ],
)
def test_a_strangers_config_imports_nothing_of_its_own(
  tmp_path, monkeypatch, text
):
  (tmp_path / "antigravity_of_mine.py").write_text("raise SystemExit('ran')\n")
  (tmp_path / "inner.gin").write_text("import antigravity_of_mine\n")
  (tmp_path / "run.gin").write_text(f"{text}\n")
  monkeypatch.chdir(tmp_path)
  monkeypatch.setenv("HUB_ESTIMATOR_SAFE", "1")
  with pytest.raises(
    UserError, match="isn't allowed with --safe; a config may"
  ):
    config.parse(["run.gin"])
  with pytest.raises(UserError, match="isn't allowed with --safe"):
    config.parse([], ["import os"])


def test_a_shipped_config_and_the_sites_own_are_safe(tmp_path, monkeypatch):
  (tmp_path / "parts_of_ours.py").write_text("")
  (tmp_path / "site.gin").write_text("import parts_of_ours\n")
  monkeypatch.syspath_prepend(tmp_path)
  monkeypatch.setenv("HUB_ESTIMATOR_GIN", str(tmp_path / "site.gin"))
  monkeypatch.setenv("HUB_ESTIMATOR_SAFE", "1")
  config.parse(["runs/quickstart.gin"])


def test_a_module_beside_a_strangers_config_takes_no_ones_place(
  tmp_path, monkeypatch
):
  """Not even that of one that may be imported and isn't installed."""
  import sys

  (tmp_path / "tensorflow_text.py").write_text("raise SystemExit('ran')\n")
  (tmp_path / "run.gin").write_text("import tensorflow_text\n")
  monkeypatch.setenv("HUB_ESTIMATOR_SAFE", "1")
  monkeypatch.setitem(sys.modules, "tensorflow_text", None)
  with pytest.raises(UserError, match="tensorflow_text"):
    config.parse([str(tmp_path / "run.gin")])
  assert str(tmp_path) not in sys.path
