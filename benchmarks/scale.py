"""Time and peak memory against examples, module size and trials.

    python -m benchmarks.scale [--quick]

Synthetic, each point in a process of its own, timed after the imports: a frozen run (30
steps, evaluation, both exports) on 10^3 to 10^6 examples of 64 numbers; a fine-tuned
run of 3 steps on modules of 1 MB to 1 GB; and a sweep's study of 10 to 1,000 trials of
some milliseconds, with leaderboard and report. "slope" is ten divided by the cost of
ten times the size, from the last two points: 1 is a straight line, above 1 costs less
than that. The ratio is the worst of the slopes; the straight line is the only rival.
"""

import os
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import processes, report

if TYPE_CHECKING:
  from hub_estimator.experiments import Experiment


def _experiment(
  module: str, data: str, *, trainable: bool, steps: int
) -> "Experiment":
  from benchmarks import experiments
  from hub_estimator import heads, inputs, optimizers

  source = inputs.Npz(data)
  return experiments.make_experiment(
    module,
    trainable=trainable,
    steps=steps,
    head=heads.Binary(),
    optimizer=optimizers.SGD(0.01),
    train_input=source,
    eval_input=source,
    batch_size=64,
    eval_batch_size=4096,
  )


def _data(path: pathlib.Path, count: int, width: int) -> str:
  rng = np.random.default_rng(1)
  np.savez(
    path,
    x=rng.normal(size=(count, width)).astype(np.float32),
    label=np.arange(count) % 2,
  )
  return str(path)


def _examples(root: pathlib.Path, count: int) -> None:
  from hub_estimator import runs, testing

  module = testing.dense_module(str(root / "module"), width=64, inputs=64)
  data = _data(root / "data.npz", count, 64)
  experiment = _experiment(module, data, trainable=False, steps=30)
  _time(lambda: runs.train(experiment, str(root / "run")))


def _module(root: pathlib.Path, megabytes: int) -> None:
  from hub_estimator import runs, testing

  module = testing.dense_module(
    str(root / "module"), width=megabytes * 1_000_000 // 4 // 1000, inputs=1000
  )
  data = _data(root / "data.npz", 64, 1000)
  experiment = _experiment(module, data, trainable=True, steps=3)
  _time(lambda: runs.train(experiment, str(root / "run")))


def _trials(root: pathlib.Path, count: int) -> None:
  from hub_estimator import sweeps

  sweep = sweeps.Sweep(
    space=sweeps.read_space({"rate": ("log", 0.001, 0.1)}),
    strategy="random",
    max_trials=count,
  )
  url = f"sqlite:///{root / 'study.db'}"

  def run() -> None:
    study = sweeps.open_study(url, "s", sweep, identity="i")
    while True:
      trial = sweeps.ask(study, sweep, lock=root / ".asking")
      if trial is None:
        break
      bindings = sweep.space.suggest(trial)
      trial.set_user_attr("bindings", bindings)
      trial.set_user_attr("model_dir", str(root))
      study.tell(trial, [float(bindings[0].split("=")[1])])
    rows = sweeps.leaderboard.make_rows(study, sweep)
    sweeps.leaderboard.write(rows, sweep, root)
    sweeps.report.write(study, rows, sweep, root / "report.html")

  _time(run)


def _time(function: Callable[[], object]) -> None:
  """Prints the seconds of a call, and this process's peak memory around it."""
  before = report.peak_rss_mb()
  started = time.monotonic()
  function()
  report.print_json(
    {
      "s": time.monotonic() - started,
      "peak_mib": report.peak_rss_mb(),
      "before_mib": before,
    }
  )


_ARMS: Mapping[str, Callable[[pathlib.Path, int], None]] = {
  "examples": _examples,
  "module": _module,
  "trials": _trials,
}
_POINTS = {
  "examples": (1_000, 10_000, 100_000, 1_000_000),
  "module": (1, 10, 100, 1_000),
  "trials": (10, 100, 1_000),
}


def main(arguments: Sequence[str]) -> None:
  """Measures all points and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--size", type=int)
  processes.add_arms(parser, _ARMS)
  args = parser.parse_args(arguments)
  if args.arm:
    _ARMS[args.arm](pathlib.Path(args.directory), args.size)
    return
  measured: dict[str, dict[int, dict[str, Any]]] = {}
  for arm, sizes in _POINTS.items():
    measured[arm] = {}
    for size in sizes[:2] if args.quick else sizes:
      with tempfile.TemporaryDirectory() as scratch:
        os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache"
        measured[arm][size] = processes.run_arm(
          "benchmarks.scale", arm, scratch, f"--size={size}"
        )
      print(arm, size, measured[arm][size], file=sys.stderr)
  slopes = {}
  for arm, of in measured.items():
    (small, less), (large, more) = list(of.items())[-2:]
    slopes[arm] = (large / small) * less["s"] / more["s"]
  report.print_json(
    {
      "benchmark": "scale",
      "ratio": min(slopes.values()),
      "target": 1,
      "ours": None,
      "rival": None,
      "slopes": slopes,
      "points": measured,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
