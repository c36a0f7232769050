import pytest

from hub_estimator import config
from hub_estimator.config.explanations import explain
from hub_estimator.errors import UserError
from tests.config.conftest import RUN


def _error(*args) -> str:
  with pytest.raises(UserError) as caught:
    config.parse(*args)
    config.build("run")
  assert "\n" not in str(caught.value)
  return str(caught.value)


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
def test_a_broken_file_gets_one_line_with_the_nearest_names(
  tmp_path, change, wanted
):
  path = tmp_path / "run.gin"
  path.write_text(RUN + "\n" + change + "\n")
  assert wanted in _error([str(path)])


def test_a_required_macro_that_is_not_bound_is_named(tmp_path):
  path = tmp_path / "run.gin"
  path.write_text(RUN.replace('HANDLE = "m"', ""))
  assert "HANDLE" in _error([str(path)])


def test_a_schedule_that_is_called_says_how_to_pass_it():
  message = explain(
    TypeError(
      "cosine() missing 1 required positional argument: 'step'\n"
      "  In call to configurable 'cosine' (<function cosine at 0x7f2e1c8dc860>)"
    )
  )
  assert message.endswith("pass it uncalled: @schedules.cosine")


def test_addresses_in_memory_are_left_out():
  message = explain(
    TypeError("bad value in 'f' (<function f at 0x7f2e1c>) here")
  )
  assert message == "bad value in 'f' here"
