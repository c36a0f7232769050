"""Processes that benchmarks start: arms that measure themselves, commands to time."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

# The command hub-estimator.
HUB_ESTIMATOR = (sys.executable, "-m", "hub_estimator.trainers.main")


def make_parser(description: str | None) -> argparse.ArgumentParser:
  """Returns a parser of a benchmark's flags that knows `--quick`."""
  parser = argparse.ArgumentParser(
    description=description,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument("--quick", action="store_true", help="a smaller run")
  return parser


def add_arms(parser: argparse.ArgumentParser, arms: Iterable[str]) -> None:
  """Adds the flags with which a benchmark runs one of its arms by itself.

  Args:
    parser: of the benchmark's flags.
    arms: the names of its arms.
  """
  parser.add_argument("--arm", choices=tuple(arms), help=argparse.SUPPRESS)
  parser.add_argument("--directory", help=argparse.SUPPRESS)


def run_arm(
  module: str, arm: str, directory: str, *flags: str, quick: bool = False
) -> dict[str, Any]:
  """Runs one arm of a benchmark in a new process and returns its JSON object.

  Args:
    module: the benchmark, such as "benchmarks.keras".
    arm: the value of its flag `--arm`.
    directory: the value of its flag `--directory`, where the arm writes.
    *flags: more of its flags.
    quick: whether the arm is run with `--quick`.
  """
  return run(
    module,
    f"--arm={arm}",
    f"--directory={directory}",
    *flags,
    *(["--quick"] if quick else []),
  )


def run(module: str, *arguments: str) -> dict[str, Any]:
  """Runs `python -m MODULE …` and returns the JSON object that it prints last."""
  done = _run([sys.executable, "-m", module, *arguments])
  return json.loads(done.stdout.strip().splitlines()[-1])


def seconds(command: Sequence[str]) -> float:
  """Returns the seconds that a command takes from its start to its end."""
  started = time.monotonic()
  _run(command)
  return time.monotonic() - started


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
  done = subprocess.run(
    command,
    capture_output=True,
    text=True,
    check=False,
    env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
  )
  if done.returncode:
    raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
  return done
