"""`python -m hub_estimator.run` is the command's verb `run`."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.newest


def test_its_help_is_that_of_the_verb():
  module, verb = (
    subprocess.run(
      [sys.executable, "-m", *words, "--help"], capture_output=True, check=True
    ).stdout
    for words in (
      ["hub_estimator.run"],
      ["hub_estimator.trainers.main", "run"],
    )
  )
  assert module == verb
  assert b"SCRIPT" in module
