"""One run with a frozen module, beside a hand-written Estimator script.

    python -m benchmarks.frozen_trial [--quick]

EfficientNet-Lite0 at 96 pixels, frozen, under a linear head on 2,000 images of
Fashion-MNIST, 310 steps of 64; evaluated on 1,000 and exported as full model and
module, timed after the imports. The rival resizes in its input pipeline, as its author
would. Ours is `train`, without cached features ("cold"), with those of an earlier run
("warm"), and with `run.cache_features = False` ("off"). The ratio is the rival's time
divided by the cold one's.
"""

import functools
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence

from benchmarks import processes, report

_STEPS, _BATCH, _EVAL, _RATE = 310, 64, 1000, 0.003


def ours(directory: str, steps: int = _STEPS, *, cache: bool = True) -> None:
  """Trains the run by `train`, and prints its seconds and accuracy.

  Args:
    directory: the model_dir.
    steps: of training.
    cache: whether the module's outputs are cached.
  """
  from benchmarks import experiments

  experiment = experiments.make_fashion_experiment(
    steps=steps,
    batch_size=_BATCH,
    n_eval=_EVAL,
    learning_rate=_RATE,
    trainable=False,
    cache_features=cache,
  )
  report.print_json(experiments.time_run(experiment, directory))


def _rival(directory: str) -> None:
  from hub_estimator.examples import efficientnet

  from benchmarks import estimator_script

  handle = efficientnet.efficientnet_lite0()
  started = time.monotonic()
  metrics = estimator_script.train(
    handle,
    size=96,
    rate=_RATE,
    steps=_STEPS,
    directory=directory,
    n_eval=_EVAL,
    batch_size=_BATCH,
  )
  seconds = time.monotonic() - started
  report.print_json({"s": seconds, "accuracy": float(metrics["accuracy"])})


_ARMS: Mapping[str, Callable[[str], None]] = {
  "ours": ours,
  "off": functools.partial(ours, cache=False),
  "rival": _rival,
}
# What is measured, in this order, and by which arm.
_TURNS = {"cold": "ours", "rival": "rival", "warm": "ours", "off": "off"}


def main(arguments: Sequence[str]) -> None:
  """Measures all arms, round by round, and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  processes.add_arms(parser, _ARMS)
  args = parser.parse_args(arguments)
  if args.arm:
    _ARMS[args.arm](args.directory)
    return
  rounds = 1 if args.quick else 3
  results: dict[str, list[dict[str, float]]] = {name: [] for name in _TURNS}
  with tempfile.TemporaryDirectory() as scratch:
    for number in range(rounds):
      os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache_{number}"
      for name, arm in _TURNS.items():
        results[name].append(
          processes.run_arm(
            "benchmarks.frozen_trial", arm, f"{scratch}/{name}_{number}"
          )
        )
  seconds = {name: [r["s"] for r in of] for name, of in results.items()}
  report.print_json(
    {
      "benchmark": "frozen_trial",
      "ratio": report.median_ratio(seconds["rival"], seconds["cold"]),
      "target": 2.5,
      "warm_ratio": report.median_ratio(seconds["rival"], seconds["warm"]),
      "warm_target": 7,
      "off_ratio": report.median_ratio(seconds["rival"], seconds["off"]),
      "ours": statistics.median(seconds["cold"]),
      "warm": statistics.median(seconds["warm"]),
      "off": statistics.median(seconds["off"]),
      "rival": statistics.median(seconds["rival"]),
      "unit": "s",
      "accuracy": {
        "ours": results["cold"][0]["accuracy"],
        "rival": results["rival"][0]["accuracy"],
      },
      "rounds": rounds,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
