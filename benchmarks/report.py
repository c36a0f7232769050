"""The numbers that benchmarks print, as one JSON object on the last line."""

import json
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any


def median_ratio(rival: Sequence[float], ours: Sequence[float]) -> float:
  """Returns the median over rounds of the rival's time divided by ours.

  Args:
    rival: seconds of each round.
    ours: seconds of each round, as many.
  """
  return statistics.median(a / b for a, b in zip(rival, ours, strict=True))


def memory_mib(field: str) -> float:
  """Returns a memory size of this process in MiB.

  Args:
    field: of /proc/self/status: "VmRSS", the memory that is resident now, or
      "VmHWM", the most that ever was.
  """
  with open("/proc/self/status", encoding="ascii") as status:
    line = next(line for line in status if line.startswith(f"{field}:"))
  return int(line.split()[1]) / 1024


def peak_rss_mb() -> float:
  """Returns the most memory that this process has held, in MiB."""
  # Not ru_maxrss: a child process inherits its parent's.
  return memory_mib("VmHWM")


def print_json(value: Mapping[str, Any]) -> None:
  """Prints a benchmark's result as one line."""
  print(json.dumps(value))


def versions() -> dict[str, str]:
  """Returns the versions and the number of cores that the results depend on."""
  return {
    "python": platform.python_version(),
    "tensorflow": metadata.version("tensorflow"),
    "cores": str(os.cpu_count()),
  }
