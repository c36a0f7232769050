"""Steps of training in bfloat16 and compiled by XLA, beside plain ones.

    python -m benchmarks.acceleration [--quick] [--rounds=3]

Two runs that fine-tune: a new transformer of BERT's shape (4 layers of 512, 8 heads, 64
tokens) on the movie sentences, and EfficientNet-Lite0 at 96 pixels on Fashion-MNIST.
Each is run by `train` as it is, with `run.mixed_precision`, and with `run.xla` (on a
CPU by TF_XLA_FLAGS), in separate processes that take turns. Measured are steps/s,
without the first steps, and the evaluation's loss. The ratio is the transformer's,
bfloat16 divided by float32; 1 would be no gain.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from benchmarks import processes, report

if TYPE_CHECKING:
  from hub_estimator.experiments import Experiment

_MODULES = ("transformer", "efficientnet")
_ARMS = ("plain", "mixed_precision", "xla")
_BATCH, _WARM_UP = 16, 5
_EVAL = 200


def _experiment(module: str, arm: str, steps: int) -> "Experiment":
  from hub_estimator.examples import movies

  from benchmarks import experiments
  from benchmarks.transformer import transformer
  from hub_estimator import exporting, heads, inputs, modules, optimizers

  fields = {
    "exports": exporting.Exports([]),
    "mixed_precision": arm == "mixed_precision",
    "xla": arm == "xla",
  }
  if module == "efficientnet":
    return experiments.make_fashion_experiment(
      steps=steps,
      batch_size=_BATCH,
      n_eval=_EVAL,
      learning_rate=0.0003,
      **fields,
    )
  return experiments.make_experiment(
    modules.NewModule(transformer),
    steps=steps,
    batch_size=_BATCH,
    head=heads.Binary(),
    optimizer=optimizers.Adam(0.0003),
    train_input=movies.MovieSentences("train"),
    eval_input=inputs.Sample(movies.MovieSentences("eval"), _EVAL),
    **fields,
  )


def _train(module: str, arm: str, steps: int, directory: str) -> None:
  from benchmarks import step_hooks
  from hub_estimator import runs

  times = step_hooks.StepTimes()
  result = runs.train(_experiment(module, arm, steps), directory, hooks=[times])
  # From the end of the step before; saving follows the last one.
  taken = [b - a for a, b in zip(times.ended, times.ended[1:], strict=False)]
  report.print_json(
    {
      "step": statistics.median(taken[_WARM_UP:]),
      "loss": float(result.metrics["loss"]),
    }
  )


def main(arguments: Sequence[str]) -> None:
  """Measures all arms and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--rounds", type=int, default=3)
  parser.add_argument("--module", choices=_MODULES)
  processes.add_arms(parser, _ARMS)
  args = parser.parse_args(arguments)
  if args.arm:
    _train(args.module, args.arm, 20 if args.quick else 60, args.directory)
    return
  os.environ["TF_XLA_FLAGS"] = "--tf_xla_cpu_global_jit"
  seconds = {m: {arm: [] for arm in _ARMS} for m in _MODULES}
  losses = {m: {} for m in _MODULES}
  with tempfile.TemporaryDirectory() as scratch:
    os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache"
    for number in range(1 if args.quick else args.rounds):
      for module in _MODULES:
        for arm in _ARMS:
          done = processes.run_arm(
            "benchmarks.acceleration",
            arm,
            f"{scratch}/{module}_{arm}_{number}",
            f"--module={module}",
            quick=args.quick,
          )
          seconds[module][arm].append(done["step"])
          losses[module][arm] = done["loss"]
  ratios = {
    module: {
      arm: report.median_ratio(of["plain"], of[arm]) for arm in _ARMS[1:]
    }
    for module, of in seconds.items()
  }
  steps_per_second = {
    module: {arm: 1 / statistics.median(of[arm]) for arm in _ARMS}
    for module, of in seconds.items()
  }
  report.print_json(
    {
      "benchmark": "acceleration",
      "ratio": ratios["transformer"]["mixed_precision"],
      "target": 1,
      "ours": steps_per_second["transformer"]["mixed_precision"],
      "rival": steps_per_second["transformer"]["plain"],
      "unit": "steps/s",
      "ratios": ratios,
      "steps_per_second": steps_per_second,
      "losses": losses,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
