"""What starting costs: our package over bare TensorFlow, and each verb.

    python -m benchmarks.startup [--quick] [--rounds=7]

Every line is a process of its own, in turns, its median over rounds: `import tensorflow`
alone; Estimator and Hub on it, as `tensorflow_runtime` makes them run; all of this
package that a run needs; and the verbs on a tiny module. The ratio is bare TensorFlow's
time over that of `import hub_estimator.experiment`. `--help` shall take 0.3 s at most.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from benchmarks import report

_COMMAND = [sys.executable, "-m", "hub_estimator.trainers.main"]
_GIN = """
include "base.gin"
HANDLE = {module!r}
HEAD = @heads.binary()
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {data!r}
"""


def _seconds(command: Sequence[str]) -> float:
  started = time.monotonic()
  subprocess.run(command, check=True, capture_output=True)
  return time.monotonic() - started


def _make(directory: str) -> None:
  import numpy as np

  from hub_estimator import testing

  root = pathlib.Path(directory)
  module = testing.dense_module(str(root / "module"))
  data = str(root / "data.npz")
  np.savez(data, x=np.ones([8, 4], np.float32), label=np.arange(8) % 2)
  (root / "run.gin").write_text(_GIN.format(module=module, data=data))


def main(arguments: list[str]) -> None:
  """Measures all, round by round, and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
  parser.add_argument("--rounds", type=int, default=7)
  parser.add_argument("--make", metavar="DIRECTORY")
  args = parser.parse_args(arguments)
  if args.make:
    _make(args.make)
    return
  os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
  with tempfile.TemporaryDirectory() as scratch:
    subprocess.run(
      [sys.executable, "-m", "benchmarks.startup", f"--make={scratch}"],
      check=True,
      capture_output=True,
    )
    python = [sys.executable, "-c"]
    gin_file = f"--gin_file={scratch}/run.gin"
    commands = {
      "python": [*python, "pass"],
      "import tensorflow": [*python, "import tensorflow"],
      "import tensorflow_runtime": [
        *python,
        "import hub_estimator.tensorflow_runtime",
      ],
      "import experiment": [*python, "import hub_estimator.experiment"],
      "--help": [*_COMMAND, "--help"],
      "train --help": [*_COMMAND, "train", "--help"],
      "inspect": [*_COMMAND, "inspect", f"{scratch}/module"],
      "check": [*_COMMAND, "check", gin_file],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(1 if args.quick else args.rounds):
      for name, command in commands.items():
        taken[name].append(_seconds(command))
  report.print_json(
    {
      "benchmark": "startup",
      "ratio": report.median_ratio(
        taken["import tensorflow"], taken["import experiment"]
      ),
      "target": None,
      "ours": statistics.median(taken["import experiment"]),
      "rival": statistics.median(taken["import tensorflow"]),
      "unit": "s",
      "help_target_s": 0.3,
      "seconds": {
        name: statistics.median(values) for name, values in taken.items()
      },
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
