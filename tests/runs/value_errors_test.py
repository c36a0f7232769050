"""A value of a wrong kind gets one line; an error of the user's own code does not."""

import pytest

from hub_estimator import inputs, runs
from hub_estimator.errors import UserError
from tests.small_runs import make_experiment


class _BrokenInput:
  """Fails in code that is not this package's."""

  def read(self):
    return int("seven")


def test_a_value_of_another_kind_gets_one_line_with_its_place(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense, numbers_npz, eval_input=inputs.Sample(inputs.Npz(numbers_npz), [3])
  )
  with pytest.raises(
    UserError, match=r"another kind .*Error: .*\(\w+/\w+\.py, line \d+: "
  ) as raised:
    runs.check_run(experiment, str(tmp_path / "run"))
  assert "\n" not in str(raised.value)


def test_an_error_of_the_users_own_code_keeps_its_traceback(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(dense, numbers_npz, eval_input=_BrokenInput())
  with pytest.raises(ValueError, match="invalid literal"):
    runs.check_run(experiment, str(tmp_path / "run"))
