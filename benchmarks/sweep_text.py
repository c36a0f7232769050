"""A sweep beside the same trials with one command each, as VTAB runs them.

    python -m benchmarks.sweep_text [--quick] [--workers=1] [--rounds=3]

Both train the same grid of learning rates on the movie sentences with a frozen GloVe
module, and export each trial. The rival is a loop over `hub-estimator train`, one
process per trial. A second rival, optuna_by_hand.py, is Optuna around an Estimator in
one process. No features are cached between rounds. The ratio is the loop's time divided
by ours.
"""

import os
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Sequence

from benchmarks import processes, report

_COMMON = [
  "TRAINABLE = False",
  "MAX_STEPS = 300",
  "EVAL_EVERY_STEPS = 300",
  "exports.kinds = ['final']",
]
_RATE = "optimizers.adam.learning_rate"


def _run(*arguments: str) -> float:
  return processes.seconds([*processes.HUB_ESTIMATOR, *arguments])


def _lines(path: pathlib.Path) -> int:
  """Returns the number of lines of code below a file's docstring."""
  lines = path.read_text().split('"""')[-1].splitlines()
  return sum(
    bool(line.strip()) and not line.strip().startswith("#") for line in lines
  )


def _params(*bindings: str) -> list[str]:
  return [f"--gin_param={b}" for b in (*_COMMON, *bindings)]


def main(arguments: Sequence[str]) -> None:
  """Measures both, round by round, and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--workers", type=int, default=1)
  parser.add_argument("--rounds", type=int, default=3)
  args = parser.parse_args(arguments)
  trials, rounds = (3, 1) if args.quick else (12, args.rounds)
  rates = [round(0.002 * 1.3**i, 5) for i in range(trials)]
  config = "--gin_file=runs/quickstart.gin"
  ours, rival, by_hand = [], [], []
  script = pathlib.Path(__file__).parent / "optuna_by_hand.py"
  with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    # Makes the data and the module, which both need.
    _run("check", config)
    for number in range(rounds):
      os.environ["HUB_ESTIMATOR_CACHE"] = str(root / f"ours_{number}")
      ours.append(
        _run(
          "sweep",
          config,
          *_params(
            f"sweep.space = {{'{_RATE}': {rates}}}", "sweep.strategy = 'grid'"
          ),
          f"--sweep_dir={root / f'sweep_{number}'}",
          f"--workers={args.workers}",
        )
      )
      os.environ["HUB_ESTIMATOR_CACHE"] = str(root / f"rival_{number}")
      rival.append(
        sum(
          _run(
            "train",
            config,
            *_params(f"{_RATE} = {rate}"),
            f"--model_dir={root / f'loop_{number}_{i}'}",
          )
          for i, rate in enumerate(rates)
        )
      )
      directory = root / f"by_hand_{number}"
      directory.mkdir()
      by_hand.append(
        processes.seconds(
          [sys.executable, str(script), str(directory), "300", str(rates)]
        )
      )
  report.print_json(
    {
      "benchmark": "sweep_text",
      "ratio": report.median_ratio(rival, ours),
      "target": 40,
      "ours": statistics.median(ours),
      "rival": statistics.median(rival),
      "optuna_by_hand": statistics.median(by_hand),
      "optuna_by_hand_ratio": report.median_ratio(by_hand, ours),
      "optuna_by_hand_lines": _lines(script),
      "unit": "s",
      "trials": trials,
      "workers": args.workers,
      "rounds": rounds,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
