"""The cost of starting: our package beside bare TensorFlow, and each verb.

    python -m benchmarks.startup [--quick] [--rounds=7]

Every line is a separate process, in turns, the median over rounds: `import tensorflow`
alone; Estimator and Hub on top of it, as `tensorflow_runtime` makes them run; everything
in this package that a run needs; and the verbs with a tiny module. The ratio is bare
TensorFlow's time divided by that of `import hub_estimator.runs`. `--help` must take at
most 0.3 s.
"""

import pathlib
import statistics
import sys
import tempfile
from collections.abc import Sequence

from benchmarks import processes, report

_GIN = """
include "base.gin"
HANDLE = {module!r}
HEAD = @heads.binary()
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {data!r}
"""


def _make(directory: str) -> None:
  """Makes a module, its data and a run's config, in a process of its own."""
  import numpy as np

  from hub_estimator import testing

  root = pathlib.Path(directory)
  module = testing.dense_module(str(root / "module"))
  data = str(root / "data.npz")
  np.savez(data, x=np.ones([8, 4], np.float32), label=np.arange(8) % 2)
  (root / "run.gin").write_text(_GIN.format(module=module, data=data))


def main(arguments: Sequence[str]) -> None:
  """Measures all, round by round, and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--rounds", type=int, default=7)
  parser.add_argument("--make", metavar="DIRECTORY")
  args = parser.parse_args(arguments)
  if args.make:
    _make(args.make)
    return
  with tempfile.TemporaryDirectory() as scratch:
    processes.seconds(
      [sys.executable, "-m", "benchmarks.startup", f"--make={scratch}"]
    )
    commands = _commands(scratch)
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(1 if args.quick else args.rounds):
      for name, command in commands.items():
        taken[name].append(processes.seconds(command))
  report.print_json(
    {
      "benchmark": "startup",
      "ratio": report.median_ratio(
        taken["import tensorflow"], taken["import runs"]
      ),
      "target": None,
      "ours": statistics.median(taken["import runs"]),
      "rival": statistics.median(taken["import tensorflow"]),
      "unit": "s",
      "help_target_s": 0.3,
      "seconds": {
        name: statistics.median(values) for name, values in taken.items()
      },
      "versions": report.versions(),
    }
  )


def _commands(scratch: str) -> dict[str, list[str]]:
  """Returns the commands to time, by the names that are printed."""
  python = [sys.executable, "-c"]
  hub_estimator = processes.HUB_ESTIMATOR
  return {
    "python": [*python, "pass"],
    "import tensorflow": [*python, "import tensorflow"],
    "import tensorflow_runtime": [
      *python,
      "import hub_estimator.tensorflow_runtime",
    ],
    "import runs": [*python, "import hub_estimator.runs"],
    "--help": [*hub_estimator, "--help"],
    "train --help": [*hub_estimator, "train", "--help"],
    "inspect": [*hub_estimator, "inspect", f"{scratch}/module"],
    "check": [*hub_estimator, "check", f"--gin_file={scratch}/run.gin"],
  }


if __name__ == "__main__":
  main(sys.argv[1:])
