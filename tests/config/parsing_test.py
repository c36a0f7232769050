import gin
import pytest

from hub_estimator import config
from hub_estimator.errors import UserError
from tests.config.conftest import RUN


def test_nothing_of_an_earlier_config_remains(run_gin):
  config.parse([run_gin], ["MAX_STEPS = 7"])
  config.parse([run_gin])
  assert config.build("run").max_steps == 1000


def test_a_mistyped_macro_on_the_command_line_is_refused(run_gin):
  with pytest.raises(
    UserError,
    match=r"nothing uses the macro 'MAX_STEP'; did you mean 'MAX_STEPS'\?",
  ):
    config.parse([run_gin], ["MAX_STEP = 3"])


def test_a_broken_binding_on_the_command_line_is_quoted(run_gin):
  with pytest.raises(UserError, match="--gin_param 'MAX_STEPS = = 3'") as told:
    config.parse([run_gin], ["MAX_STEPS = = 3"])
  assert "\n" not in str(told.value)


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


def test_parts_can_be_registered_after_a_config_was_parsed(run_gin):
  config.parse([run_gin])

  @gin.register("registered_late", module="parsing_test")
  def part():
    pass

  assert "parsing_test.registered_late" in config.registered_parts()
