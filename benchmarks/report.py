"""What every benchmark prints last, and how it repeats its arms."""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence


def run_arms(
  module: str,
  arms: Sequence[str],
  *,
  repeats: int,
  arguments: Sequence[str] = (),
) -> dict[str, list[dict]]:
  """Runs each arm in a process of its own, in turn, `repeats` times.

  An arm is `python -m MODULE --arm ARM …`, which prints a JSON object last.
  The order alternates, so that a slow minute of the machine meets all arms.

  Returns:
    The printed objects by arm, with "peak_rss_mb" of the process added.
  """
  results = {arm: [] for arm in arms}
  for repeat in range(repeats):
    for arm in arms if repeat % 2 == 0 else reversed(arms):
      command = [sys.executable, "-m", module, "--arm", arm, *arguments]
      done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
      )
      if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
      results[arm].append(json.loads(done.stdout.strip().splitlines()[-1]))
  return results


def median(results: Sequence[Mapping], key: str) -> float:
  """Returns the median of a value over an arm's repeats."""
  return statistics.median(result[key] for result in results)


def peak_rss_mb() -> float:
  """Returns the most memory that this process has held, in MiB."""
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_json(value: Mapping) -> None:
  """Prints a benchmark's result, one JSON object on the last line."""
  print(json.dumps(value))


def versions() -> dict[str, str]:
  """Returns what the numbers hang on."""
  from importlib import metadata

  return {
    "python": platform.python_version(),
    "tensorflow": metadata.version("tensorflow"),
    "cores": str(os.cpu_count()),
  }
