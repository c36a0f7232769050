"""Fine-tuning, beside a bare session loop and a hand-written Estimator script.

    python -m benchmarks.fine_tune [--quick] [--rounds=3]

EfficientNet-Lite0 at 96 pixels, trainable, in its {"train"} variant, on Fashion-MNIST.
Steps/s: `train`'s own steps beside `session.run(train_op)` over the same graph and the
same input, in one process, in alternating stretches. Times: to the end of the first
step, and in total with one evaluation and both exports, beside the script; each in a
process, without imports. The ratio is that of steps/s; its target is 0.99.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from benchmarks import processes, report

if TYPE_CHECKING:
  from hub_estimator.experiments import Experiment

_BATCH, _EVAL, _RATE = 16, 200, 0.001
# Steps of a stretch, and stretches of each kind.
_STRETCH, _STRETCHES = 10, 20
_QUICK_STRETCH, _QUICK_STRETCHES = 5, 2


def _experiment(steps: int) -> "Experiment":
  from benchmarks import experiments

  return experiments.make_fashion_experiment(
    steps=steps, batch_size=_BATCH, n_eval=_EVAL, learning_rate=_RATE
  )


def _steps_per_second(directory: str, quick: bool) -> None:
  """Prints the seconds of alternating stretches of the run's and bare steps."""
  from benchmarks import step_hooks
  from hub_estimator import runs

  stretch, stretches = (
    (_QUICK_STRETCH, _QUICK_STRETCHES) if quick else (_STRETCH, _STRETCHES)
  )
  alternating = step_hooks.Alternating(stretch)
  runs.train(
    _experiment(2 * stretch * (stretches + 1)), directory, hooks=[alternating]
  )
  report.print_json(alternating.seconds)


def _total(directory: str, quick: bool) -> None:
  from benchmarks import step_hooks
  from hub_estimator import runs

  experiment = _experiment(_steps(quick))
  times = step_hooks.StepTimes()
  started = time.monotonic()
  result = runs.train(experiment, directory, hooks=[times])
  _print_times(started, times.ended[0], result.metrics)


def _script(directory: str, quick: bool) -> None:
  """The same run as its author would write it for an Estimator."""
  from hub_estimator.examples import efficientnet

  from benchmarks import estimator_script, step_hooks

  handle = efficientnet.efficientnet_lite0()
  times = step_hooks.StepTimes()
  started = time.monotonic()
  metrics = estimator_script.train(
    handle,
    size=96,
    rate=_RATE,
    steps=_steps(quick),
    directory=directory,
    n_eval=_EVAL,
    batch_size=_BATCH,
    trainable=True,
    hooks=[times],
  )
  _print_times(started, times.ended[0], metrics)


def _print_times(
  started: float, first: float, metrics: Mapping[str, Any]
) -> None:
  report.print_json(
    {
      "first": first - started,
      "total": time.monotonic() - started,
      "accuracy": float(metrics["accuracy"]),
    }
  )


def _steps(quick: bool) -> int:
  return 20 if quick else 100


_ARMS: Mapping[str, Callable[[str, bool], None]] = {
  "steps": _steps_per_second,
  "total": _total,
  "script": _script,
}


def main(arguments: Sequence[str]) -> None:
  """Measures all arms and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--rounds", type=int, default=3)
  processes.add_arms(parser, _ARMS)
  args = parser.parse_args(arguments)
  if args.arm:
    _ARMS[args.arm](args.directory, args.quick)
    return
  rounds = 1 if args.quick else args.rounds

  def run(arm: str, name: str) -> dict[str, Any]:
    return processes.run_arm(
      "benchmarks.fine_tune", arm, f"{scratch}/{name}", quick=args.quick
    )

  ours, script = [], []
  with tempfile.TemporaryDirectory() as scratch:
    os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache"
    paired = run("steps", "steps")
    for number in range(rounds):
      ours.append(run("total", f"total_{number}"))
      script.append(run("script", f"script_{number}"))
  stretch = _QUICK_STRETCH if args.quick else _STRETCH
  seconds = {
    name: {
      "ours": [result[name] for result in ours],
      "script": [result[name] for result in script],
    }
    for name in ("first", "total")
  }
  ratios = {
    name: report.median_ratio(of["script"], of["ours"])
    for name, of in seconds.items()
  }
  report.print_json(
    {
      "benchmark": "fine_tune",
      "ratio": report.median_ratio(paired["bare"], paired["ours"]),
      "target": 0.99,
      "ours": stretch / statistics.median(paired["ours"]),
      "rival": stretch / statistics.median(paired["bare"]),
      "unit": "steps/s",
      "first_step_ratio": ratios["first"],
      "first_step_target": 1.25,
      "total_ratio": ratios["total"],
      "total_target": 1.1,
      "seconds": {
        name: {arm: statistics.median(values) for arm, values in of.items()}
        for name, of in seconds.items()
      },
      "accuracy": {
        "ours": ours[0]["accuracy"],
        "script": script[0]["accuracy"],
      },
      "steps": _steps(args.quick),
      "rounds": rounds,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
