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


def _check(tmp_path, dense, numbers_npz, space):
  file = small.write_config(
    tmp_path / "sweep.gin", dense, numbers_npz, f"sweep.space = {space}\n"
  )
  config.parse([file])
  check_space(config.text(without="sweep"), read_sweep())


@pytest.mark.parametrize(
  "space, message",
  [
    (
      "{'optimizers.sgd.learning_rate': [0.1, 1.0, 10.0]}",
      "varies 'optimizers.sgd.learning_rate' .did you mean "
      "'optimizers.adam.learning_rate'",
    ),
    ("{'trian/inputs.npz.label': ['label', 'z']}", "'inputs.npz.label'"),
    (
      "{'early_stopping.patience_steps': ('int', 10, 20)}",
      "varies 'early_stopping.patience_steps'",
    ),
  ],
)
def test_a_parameter_that_no_trial_reads_is_refused(
  tmp_path, dense, numbers_npz, space, message
):
  with pytest.raises(UserError, match=message):
    _check(tmp_path, dense, numbers_npz, space)


def test_a_parameter_that_some_trials_read_is_warned_of(
  tmp_path, dense, numbers_npz, caplog
):
  optimizers = "'OPTIMIZER': [@optimizers.adam(), @optimizers.sgd()]"
  rates = "'optimizers.sgd.learning_rate': [0.1, 1.0]"
  with caplog.at_level("WARNING"):
    _check(tmp_path, dense, numbers_npz, f"{{{optimizers}, {rates}}}")
  assert "varies optimizers.sgd.learning_rate, and not all" in caplog.text
  caplog.clear()
  with caplog.at_level("WARNING"):
    _check(
      tmp_path,
      dense,
      numbers_npz,
      "{'kind': {'adam': {}, 'sgd': {'OPTIMIZER': @optimizers.sgd(), "
      "'optimizers.sgd.learning_rate': ('float', 0.1, 1.0, 0.9)}}}",
    )
  assert "not all trials" not in caplog.text


def test_a_sweep_with_an_unread_binding_is_refused(
  tmp_path, dense, numbers_npz
):
  file = small.write_config(
    tmp_path / "sweep.gin",
    dense,
    numbers_npz,
    "sweep.space = {'SEED': [1, 2]}\noptimizers.lars.momentum = 0.5\n",
  )
  config.parse([file])
  with pytest.raises(UserError, match="Nothing reads .*optimizers.lars.mom"):
    run_sweep(str(tmp_path / "sweep"), workers=1)
  assert not (tmp_path / "sweep").exists()


def test_trials_of_other_classes_are_not_compared(tmp_path, text, capsys):
  rows = ["good film,yes,1", "bad film,no,0", "the film,yes,2"] * 8
  (tmp_path / "a.csv").write_text("t,label,stars\n" + "\n".join(rows) + "\n")
  file = tmp_path / "sweep.gin"
  file.write_text(
    'include "base.gin"\n'
    f"HANDLE = {text!r}\nHEAD = @heads.multi_class()\n"
    "run.train_input = @inputs.csv()\nrun.eval_input = @inputs.csv()\n"
    f"inputs.csv.path = {str(tmp_path / 'a.csv')!r}\n"
    "inputs.csv.features = ['t']\n"
    "inputs.csv.dtypes = {'stars': 'string'}\n"
    "sweep.space = {'inputs.csv.label': ['label', 'stars']}\n"
  )
  config.parse([str(file)])
  base, sweep = config.text(without="sweep"), read_sweep()
  with pytest.raises(
    UserError, match="are 0, 1, 2, and in the first trial no, yes"
  ):
    check_space(base, sweep)
