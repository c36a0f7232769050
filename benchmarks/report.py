"""What every benchmark prints last, and how it repeats its arms."""

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence


def run(module: str, *arguments: str) -> dict:
  """Runs `python -m MODULE …` and returns the JSON object that it prints last."""
  command = [sys.executable, "-m", module, *arguments]
  done = subprocess.run(
    command,
    capture_output=True,
    text=True,
    check=False,
    env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
  )
  if done.returncode:
    raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
  return json.loads(done.stdout.strip().splitlines()[-1])


def median_ratio(rival: Sequence[float], ours: Sequence[float]) -> float:
  """Returns the median over rounds of the rival's time over ours."""
  return statistics.median(a / b for a, b in zip(rival, ours, strict=True))


def peak_rss_mb() -> float:
  """Returns the most memory that this process has held, in MiB."""
  # Not ru_maxrss: a child starts with its parent's, whatever it runs.
  with open("/proc/self/status", encoding="ascii") as status:
    line = next(line for line in status if line.startswith("VmHWM:"))
  return int(line.split()[1]) / 1024


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
