import os
import subprocess
import sys
import textwrap

import pytest

from hub_estimator.errors import UserError
from hub_estimator.model_dir import workdir


@pytest.mark.slow
def test_a_second_process_is_refused_and_a_dead_one_holds_nothing(tmp_path):
  code = textwrap.dedent("""
    import sys, time
    from hub_estimator.model_dir import Workdir
    with Workdir.at(sys.argv[1]).lock():
      print("held", flush=True)
      time.sleep(60)
  """)
  holder = subprocess.Popen(
    [sys.executable, "-c", code, str(tmp_path)],
    stdout=subprocess.PIPE,
    text=True,
  )
  assert holder.stdout.readline() == "held\n"
  mine = workdir.Workdir.at(tmp_path)
  with pytest.raises(UserError, match=f"in use by process {holder.pid} on"):
    with mine.lock():
      pass
  holder.kill()
  holder.wait()
  with mine.lock():
    pass


def test_a_path_below_a_file_is_refused(tmp_path):
  (tmp_path / "file").touch()
  with pytest.raises(UserError, match="can't be made: .*file is a file"):
    workdir.Workdir.at(tmp_path / "file" / "run").check_writable()


def test_checking_leaves_nothing_behind(tmp_path):
  workdir.Workdir.at(tmp_path / "a" / "b").check_writable()
  assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("make", [None, "empty", "other"])
def test_a_directory_without_a_run_says_what_it_holds(tmp_path, make):
  run = tmp_path / "run"
  why = "doesn't exist"
  if make is not None:
    run.mkdir()
    why = "is empty"
  if make == "other":
    (run / "notes.txt").touch()
    why = "holds: notes.txt"
  with pytest.raises(UserError, match=why):
    workdir.open_run(str(run))


def test_a_damaged_manifest_is_named(tmp_path):
  (tmp_path / "config.gin").touch()
  (tmp_path / "manifest.json").write_text('{"handle": ')
  with pytest.raises(UserError, match=r"manifest.json can't be read"):
    workdir.open_run(str(tmp_path))
