"""One run with a frozen module, beside a hand-written Estimator script.

    python -m benchmarks.frozen_trial [--quick]

EfficientNet-Lite0 at 96 pixels, frozen, under a linear head on 2,000 pictures of
Fashion-MNIST, 310 steps of 64; evaluated on 1,000 and exported as full model and
module. Timed is what follows the imports. The rival resizes in its input pipeline, as
its author would; ours is `train`, with no features kept ("cold"), with those of an
earlier run ("warm"), and with `run.cache_features = False` ("off"). The ratio is the
rival's time over the cold one's.
"""

import argparse
import functools
import os
import statistics
import sys
import tempfile
import time

from benchmarks import report

_STEPS, _BATCH, _TRAIN, _EVAL = 310, 64, 2000, 1000


def ours(directory: str, steps: int = _STEPS, *, cache: bool = True) -> None:
  """Trains the run by `train`, and prints its seconds and accuracy."""
  from hub_estimator.examples import efficientnet, fashion

  from hub_estimator import exporting, heads, modules, optimizers
  from hub_estimator.experiments import Experiment
  from hub_estimator.model import encoders
  from hub_estimator.runs import experiment as experiments

  experiment = Experiment(
    encoder=encoders.Encoder(
      modules.ModuleSource(efficientnet.efficientnet_lite0(), trainable=False)
    ),
    head=heads.MultiClass(10),
    optimizer=optimizers.Adam(0.003),
    train_input=fashion.FashionMnist("train", _TRAIN),
    eval_input=fashion.FashionMnist("eval", _EVAL),
    exports=exporting.Exports(["final"], verify=False),
    max_steps=steps,
    batch_size=_BATCH,
    eval_every_steps=steps,
    cache_features=cache,
  )
  started = time.monotonic()
  result = experiments.train(experiment, directory)
  seconds = time.monotonic() - started
  report.print_json({"s": seconds, "accuracy": result.metrics["accuracy"]})


def _rival(directory: str) -> None:
  from hub_estimator.examples import efficientnet

  from benchmarks import frozen_script

  handle = efficientnet.efficientnet_lite0()
  started = time.monotonic()
  metrics = frozen_script.train(
    handle, 96, 0.003, _STEPS, directory, exports=True
  )
  seconds = time.monotonic() - started
  report.print_json({"s": seconds, "accuracy": float(metrics["accuracy"])})


def main(arguments: list[str]) -> None:
  """Measures all arms, round by round, and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
  arms = {
    "ours": ours,
    "off": functools.partial(ours, cache=False),
    "rival": _rival,
  }
  parser.add_argument("--arm", choices=arms)
  parser.add_argument("--directory")
  args = parser.parse_args(arguments)
  if args.arm:
    arms[args.arm](args.directory)
    return
  cold, warm, off, rival = [], [], [], []
  rounds = 1 if args.quick else 3
  with tempfile.TemporaryDirectory() as scratch:
    for number in range(rounds):
      os.environ["HUB_ESTIMATOR_CACHE"] = f"{scratch}/cache_{number}"
      for arm, name, results in (
        ("ours", "cold", cold),
        ("rival", "rival", rival),
        ("ours", "warm", warm),
        ("off", "off", off),
      ):
        directory = f"{scratch}/{name}_{number}"
        results.append(
          report.run(
            "benchmarks.frozen_trial",
            f"--arm={arm}",
            f"--directory={directory}",
          )
        )

  def seconds(results):
    return [r["s"] for r in results]

  report.print_json(
    {
      "benchmark": "frozen_trial",
      "ratio": report.median_ratio(seconds(rival), seconds(cold)),
      "target": 2.5,
      "warm_ratio": report.median_ratio(seconds(rival), seconds(warm)),
      "warm_target": 7,
      "off_ratio": report.median_ratio(seconds(rival), seconds(off)),
      "ours": statistics.median(seconds(cold)),
      "warm": statistics.median(seconds(warm)),
      "off": statistics.median(seconds(off)),
      "rival": statistics.median(seconds(rival)),
      "unit": "s",
      "accuracy": {
        "ours": cold[0]["accuracy"],
        "rival": rival[0]["accuracy"],
      },
      "rounds": rounds,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
