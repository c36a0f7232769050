"""Sweeps over frozen modules of images, beside one script a trial, as VTAB runs them.

    python -m benchmarks.sweep [--quick] [--workers=2] [--rival_trials=2]

Two sweeps over heads on Fashion-MNIST (2,000 pictures, 310 steps of 64, evaluated on
1,000): 24 learning rates on EfficientNet-Lite0 at 96 pixels, and 8 rates on each of 64,
96 and 128 pixels. Ours is the command `sweep`, from its start to its end, imports, check
of the space, computing of features, ranking, report and the winner's exports included
(without their verification, which the rival hasn't).
The rival is frozen_script.py, a process a trial; the winner's exports too. Its trials
take the same time but for noise, so `--rival_trials` of each module are run, and their
median is counted for each of the others. The ratio is the first sweep's.
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

_STEPS = 310
_RATE = "optimizers.adam.learning_rate"


def _seconds(command: Sequence[str]) -> float:
  started = time.monotonic()
  done = subprocess.run(command, capture_output=True, text=True, check=False)
  if done.returncode:
    raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
  return time.monotonic() - started


def _rates(count: int) -> list[float]:
  return [round(0.0005 * 1.25**i, 6) for i in range(count)]


def _ours(root: pathlib.Path, sizes, rates, steps: int, workers: int) -> float:
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
  return _seconds(
    [
      *(sys.executable, "-m", "hub_estimator.trainers.main", "sweep"),
      f"--gin_file={gin_file}",
      f"--sweep_dir={root / 'sweep'}",
      f"--workers={workers}",
    ]
  )


def _rival(root: pathlib.Path, handles, rates, steps: int, sample: int) -> dict:
  """Returns the seconds of all trials, from those of a sample of each module."""
  script = str(pathlib.Path(__file__).parent / "frozen_script.py")
  total, shown = 0.0, {}
  for size, handle in handles.items():
    took = [
      _seconds(
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
  exported = _seconds(
    [
      *(sys.executable, script, handle, str(size), str(rates[0]), str(steps)),
      *(str(root / "rival_export"), "--export"),
    ]
  )
  extra = max(exported - statistics.median(shown[str(size)]), 0)
  return {"seconds": total + extra, "trials": shown}


def main(arguments: list[str]) -> None:
  """Measures both, and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
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
