"""The command of a worker, its environment and its log."""

import os
import sys

from hub_estimator import config
from hub_estimator.workers import Program, commands


def test_a_command_runs_the_programs_module_with_all_arguments(tmp_path):
  program = Program("a.module", ["of all"], tmp_path)
  assert commands.command_of(program, 3) == [
    sys.executable,
    "-m",
    "a.module",
    "of all",
    "3",
  ]


def test_workers_find_modules_beside_the_config(tmp_path):
  (tmp_path / "some.gin").touch()
  config.parse([str(tmp_path / "some.gin")])
  path = commands.worker_environment()["PYTHONPATH"].split(os.pathsep)
  assert str(tmp_path) in path
  assert [p for p in sys.path if p] == [p for p in path if p in sys.path]


def test_output_and_errors_are_appended_to_the_log(tmp_path):
  log = tmp_path / "log"
  log.write_text("before\n")
  process = commands.start_logged(
    ["sh", "-c", 'echo "$WORD in $PWD"; echo of errors >&2; exit 3'],
    log,
    {"WORD": "a word"},
    str(tmp_path),
  )
  assert process.wait(60) == 3
  assert log.read_text() == f"before\na word in {tmp_path}\nof errors\n"
