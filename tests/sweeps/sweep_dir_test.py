"""The files of a sweep, and its lock."""

import os
import pathlib
import socket

import pytest

from hub_estimator.errors import UserError
from hub_estimator.sweeps import SweepDir


def test_repeats_of_a_trial_have_directories_beside_it():
  at = SweepDir(pathlib.Path("/sweep"))
  assert at.trial(7) == pathlib.Path("/sweep/trials/7")
  assert at.trial(7, 1) == pathlib.Path("/sweep/trials/7.2")


def test_a_study_is_in_the_directory_or_named_after_it(monkeypatch):
  monkeypatch.setenv("HOME", "/home/me")
  at = SweepDir.at("~/heads")
  assert at.study_at(None) == ("sqlite:////home/me/heads/study.db", "sweep")
  assert at.study_at("postgresql://x/y") == ("postgresql://x/y", "heads")


def test_one_command_of_a_machine_holds_it(tmp_path):
  at = SweepDir(tmp_path / "sweep")
  at.check_writable()
  assert not at.path.exists()
  with at.hold():
    assert os.listdir(at.path) == [f".lock.{socket.gethostname()}"]
    with pytest.raises(
      UserError, match=f"sweep_dir .*sweep' is in use by process {os.getpid()}"
    ):
      with at.hold():
        pass
