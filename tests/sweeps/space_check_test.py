"""A space's mistakes, all of them before the first trial."""

import pytest

from hub_estimator import config, progress
from hub_estimator.errors import UserError
from hub_estimator.sweeps import read_sweep, run_sweep
from hub_estimator.sweeps.space_check import check_space
from tests.sweeps import small


def test_all_mistakes_of_a_space_are_reported_at_once_before_any_trial(
  tmp_path, dense, numbers_npz
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    f"sweep.space = {{'HANDLE': [{dense!r}, '/no/such/module'],"
    " 'SIGNATURE': ['default', 'defualt']}\nsweep.goals = ['los']\n",
  )
  config.parse([file])
  with pytest.raises(UserError) as error:
    run_sweep(str(tmp_path / "sweep"), workers=1)
  message = str(error.value)
  assert message.startswith("3 mistakes in the space: (1) ")
  for part in (
    "with HANDLE = '/no/such/module': ",
    "has no signature 'defualt'",
    "sweep.goals 'los': did you mean 'loss'",
  ):
    assert part in message
  assert not (tmp_path / "sweep").exists()


def test_a_binding_that_does_not_exist_is_named(tmp_path, dense, numbers_npz):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    "sweep.space = {'run.bacth_size': [1, 2]}\n",
  )
  config.parse([file])
  base, sweep = config.text(without="sweep"), read_sweep()
  heard = []
  with pytest.raises(UserError, match="A mistake in the space: .*'bacth_size'"):
    with progress.listen(heard.append):
      check_space(base, sweep)
  assert [(p.done, p.total) for p in heard] == [(0, 2), (1, 2), (2, 2)]
