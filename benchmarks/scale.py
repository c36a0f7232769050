"""Time and peak memory against examples, module size and trials.

    python -m benchmarks.scale [--quick]

Synthetic, each point a process of its own, after the imports: a frozen run (30 steps,
evaluation, both exports) on 10^3 to 10^6 examples of 64 numbers; a fine-tuned run of 3
steps on modules of 1 MB to 1 GB; and a sweep's study of 10 to 1,000 trials of some
milliseconds, told to a leaderboard and a page. "slope" is what ten times more costs,
from the last two points, over ten: 1 is a straight line, above 1 is less than one. The
ratio is the worst of the slopes; there is no rival but the straight line.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

import numpy as np

from benchmarks import report


def _experiment(root: pathlib.Path, module: str, data: str, **changes):
  del root
  from hub_estimator import exporting, heads, inputs, modules, optimizers
  from hub_estimator.experiments import Experiment
  from hub_estimator.model import encoders

  source = inputs.Npz(data)
  return Experiment(
    encoder=encoders.Encoder(
      modules.ModuleSource(module, trainable=changes.pop("trainable"))
    ),
    head=heads.Binary(),
    optimizer=optimizers.SGD(0.01),
    train_input=source,
    eval_input=source,
    exports=exporting.Exports(["final"], verify=False),
    batch_size=64,
    eval_batch_size=4096,
    **changes,
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
  from hub_estimator import testing
  from hub_estimator.runs import experiment as experiments

  module = testing.dense_module(str(root / "module"), width=64, inputs=64)
  data = _data(root / "data.npz", count, 64)
  experiment = _experiment(
    root, module, data, trainable=False, max_steps=30, eval_every_steps=30
  )
  _time(lambda: experiments.train(experiment, str(root / "run")))


def _module(root: pathlib.Path, megabytes: int) -> None:
  from hub_estimator import testing
  from hub_estimator.runs import experiment as experiments

  module = testing.dense_module(
    str(root / "module"), width=megabytes * 1_000_000 // 4 // 1000, inputs=1000
  )
  data = _data(root / "data.npz", 64, 1000)
  experiment = _experiment(
    root, module, data, trainable=True, max_steps=3, eval_every_steps=3
  )
  _time(lambda: experiments.train(experiment, str(root / "run")))


def _trials(root: pathlib.Path, count: int) -> None:
  from hub_estimator.sweeps import Sweep, leaderboard, read_space, study
  from hub_estimator.sweeps import report as page

  sweep = Sweep(
    space=read_space({"rate": ("log", 0.001, 0.1)}),
    strategy="random",
    max_trials=count,
  )
  url = f"sqlite:///{root / 'study.db'}"

  def run():
    made = study.open_study(url, "s", sweep, identity="i")
    while True:
      trial = study.ask(made, sweep, lock=root / ".asking")
      if trial is None:
        break
      bindings = sweep.space.suggest(trial)
      trial.set_user_attr("bindings", bindings)
      trial.set_user_attr("model_dir", str(root))
      made.tell(trial, [float(bindings[0].split("=")[1])])
    rows = leaderboard.make_rows(made, sweep)
    leaderboard.write(rows, sweep, root)
    page.write(made, rows, sweep, root / "report.html")

  _time(run)


def _time(function) -> None:
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


_ARMS = {"examples": _examples, "module": _module, "trials": _trials}
_POINTS = {
  "examples": (1_000, 10_000, 100_000, 1_000_000),
  "module": (1, 10, 100, 1_000),
  "trials": (10, 100, 1_000),
}


def main(arguments: list[str]) -> None:
  """Measures all points and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
  parser.add_argument("--arm", choices=sorted(_ARMS))
  parser.add_argument("--size", type=int)
  parser.add_argument("--directory")
  args = parser.parse_args(arguments)
  if args.arm:
    _ARMS[args.arm](pathlib.Path(args.directory), args.size)
    return
  measured: dict[str, dict[int, dict]] = {}
  for arm, sizes in _POINTS.items():
    measured[arm] = {}
    for size in sizes[:2] if args.quick else sizes:
      with tempfile.TemporaryDirectory() as scratch:
        os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache"
        measured[arm][size] = report.run(
          "benchmarks.scale",
          f"--arm={arm}",
          f"--size={size}",
          f"--directory={scratch}",
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
