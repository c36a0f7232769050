"""Sweeps over frozen image modules, beside one script per trial, as VTAB runs them.

    python -m benchmarks.sweep [--quick] [--workers=2] [--rival_trials=2]

Two sweeps over heads on Fashion-MNIST (2,000 images, 310 steps of 64, evaluated on
1,000): 24 learning rates on EfficientNet-Lite0 at 96 pixels, and 8 rates on each of 64,
96 and 128 pixels. Ours is the command `sweep` from its start to its end. That includes
imports, the check of the space, the features, ranking, report and the winner's exports,
without their verification, which the rival doesn't have.

The rival is estimator_script.py, one process per trial, and the winner's exports. Its
trials take the same time but for noise: `--rival_trials` of each module are run, and
their median is used for each of the others. The ratio is the first sweep's.
"""

import os
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import processes, report

_STEPS = 310
_RATE = "optimizers.adam.learning_rate"


def _rates(count: int) -> list[float]:
  return [round(0.0005 * 1.25**i, 6) for i in range(count)]


def _ours(
  root: pathlib.Path,
  sizes: Sequence[int],
  rates: Sequence[float],
  steps: int,
  workers: int,
) -> float:
  """Returns the seconds of the command `sweep`."""
  os.environ["HUB_ESTIMATOR_CACHE"] = str(root / "cache")
  gin_file = root / "sweep.gin"
  handles = ", ".join(f"@px{s}/examples.efficientnet_lite0()" for s in sizes)
  lines = [
    'include "runs/fashion.gin"',
    f"sweep.space = {{'HANDLE': [{handles}], '{_RATE}': {rates}}}",
    "sweep.strategy = 'grid'",
    f"MAX_STEPS = {steps}",
    f"EVAL_EVERY_STEPS = {steps}",
    "exports.kinds = []",
    "METRICS = []",
    "exports.verify = False",
    *(f"px{s}/examples.efficientnet_lite0.image_size = {s}" for s in sizes),
  ]
  gin_file.write_text("\n".join(lines) + "\n")
  return processes.seconds(
    [
      *processes.HUB_ESTIMATOR,
      "sweep",
      f"--gin_file={gin_file}",
      f"--sweep_dir={root / 'sweep'}",
      f"--workers={workers}",
    ]
  )


def _rival(
  root: pathlib.Path,
  handles: Mapping[int, str],
  rates: Sequence[float],
  steps: int,
  sample: int,
) -> dict[str, Any]:
  """Returns the seconds of all trials, estimated from a sample for each module."""
  script = str(pathlib.Path(__file__).parent / "estimator_script.py")
  total, shown = 0.0, {}
  for size, handle in handles.items():
    took = [
      processes.seconds(
        [
          *(sys.executable, script, handle, str(size), str(rate), str(steps)),
          str(root / f"rival_{size}_{rate}"),
        ]
      )
      for rate in rates[:sample]
    ]
    shown[str(size)] = took
    total += statistics.median(took) * len(rates)
  (size, handle), *_ = handles.items()
  exported = processes.seconds(
    [
      *(sys.executable, script, handle, str(size), str(rates[0]), str(steps)),
      *(str(root / "rival_export"), "--export"),
    ]
  )
  extra = max(exported - statistics.median(shown[str(size)]), 0)
  return {"seconds": total + extra, "trials": shown}


def main(arguments: Sequence[str]) -> None:
  """Measures both, and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--workers", type=int, default=os.cpu_count())
  parser.add_argument("--rival_trials", type=int, default=2)
  args = parser.parse_args(arguments)
  from hub_estimator.examples import efficientnet

  steps = 60 if args.quick else _STEPS
  sweeps = {"heads": ([96], _rates(4 if args.quick else 24))}
  if not args.quick:
    sweeps["modules"] = ([64, 96, 128], _rates(8))
  measured = {}
  with tempfile.TemporaryDirectory() as scratch:
    for name, (sizes, rates) in sweeps.items():
      root = pathlib.Path(scratch) / name
      root.mkdir()
      handles = {
        s: efficientnet.efficientnet_lite0(image_size=s) for s in sizes
      }
      ours = _ours(root, sizes, rates, steps, args.workers)
      rival = _rival(
        root, handles, rates, steps, 1 if args.quick else args.rival_trials
      )
      measured[name] = {
        "ratio": rival["seconds"] / ours,
        "ours": ours,
        "rival": rival["seconds"],
        "rival_trials": rival["trials"],
        "trials": len(sizes) * len(rates),
      }
      print(name, measured[name], file=sys.stderr)
  report.print_json(
    {
      "benchmark": "sweep",
      "ratio": measured["heads"]["ratio"],
      "target": 40,
      "ours": measured["heads"]["ours"],
      "rival": measured["heads"]["rival"],
      "unit": "s",
      **measured,
      "workers": args.workers,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
