"""Time and memory of an export, beside the bare exporters of Hub and Estimator.

    python -m benchmarks.export [--quick] [--handle H]

The rival calls `hub.LatestModuleExporter` and `tf.estimator.LatestExporter` on the same
run. Ours does that and more, with and without verification. Target: without
verification at most 1.1 times the rival's time.
"""

import argparse
import dataclasses
import gc
import itertools
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import processes, report

if TYPE_CHECKING:
  from hub_estimator.experiments import Experiment
  from hub_estimator.inputs import Examples, Input

ARMS = ("rival", "ours", "ours_verified")


class _Images:
  """Noise, for modules of images."""

  def read(self) -> "Examples":
    from hub_estimator.inputs import Examples

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, size=(64, 28, 28), dtype=np.uint8)
    return Examples({"image": images}, np.arange(64) % 2, "noise")


def _input(handle: str, split: str) -> "Input":
  """Returns examples that a module of text or images takes."""
  from hub_estimator.examples import movies

  from hub_estimator.modules import read_module_info

  signature = read_module_info(handle).signature("default")
  takes_text = any(i.dtype == "string" for i in signature.inputs.values())
  return movies.MovieSentences(split) if takes_text else _Images()


def _run(handle: str, model_dir: str) -> "Experiment":
  """Trains two steps, unless that is done, and returns the experiment."""
  from benchmarks import experiments
  from hub_estimator import exporting, heads, optimizers, runs

  experiment = experiments.make_experiment(
    handle,
    steps=2,
    batch_size=8,
    head=heads.Binary(),
    optimizer=optimizers.SGD(0.1),
    train_input=_input(handle, "train"),
    eval_input=_input(handle, "eval"),
    exports=exporting.Exports(kinds=[]),
  )
  if not os.path.exists(os.path.join(model_dir, "result.json")):
    runs.train(experiment, model_dir)
  return experiment


def _exporter(
  arm: str, handle: str, model_dir: str, target: pathlib.Path
) -> Callable[[], None]:
  """Returns a function that exports once, below `target`."""
  from hub_estimator import exporting, runs
  from hub_estimator.model_dir import open_run
  from hub_estimator.tensorflow_runtime import estimator, hub, tf

  tf.logging.set_verbosity(tf.logging.ERROR)
  experiment = _run(handle, model_dir)
  workdir, manifest = open_run(model_dir)
  checkpoint = runs.find_checkpoint(workdir, None)
  made = runs.make_estimator(experiment, model_dir)
  exports = exporting.Exports(keep=2, verify=arm == "ours_verified")
  experiment = dataclasses.replace(experiment, exports=exports)
  context = runs.export_context(experiment, workdir, manifest)
  numbers = itertools.count(1)

  def rival() -> None:
    hub.LatestModuleExporter(
      "module", context.serving_input_fn, exports_to_keep=2
    ).export(made, str(target / "module"), checkpoint)
    estimator.LatestExporter(
      "model", context.serving_input_fn, exports_to_keep=2
    ).export(made, str(target / "model"), checkpoint, None, False)

  def ours() -> None:
    exporting.export_version(
      made,
      target / "latest",
      context=context,
      checkpoint_path=checkpoint,
      metrics={},
      number=next(numbers),
    )

  return rival if arm == "rival" else ours


def _time(
  arms: Sequence[str], handle: str, model_dir: str, rounds: int
) -> dict[str, Any]:
  """Times the arms in turn, in one process; every second round in reverse."""
  root = pathlib.Path(tempfile.mkdtemp(dir=pathlib.Path(model_dir).parent))
  exporters = {
    arm: _exporter(arm, handle, model_dir, root / arm) for arm in arms
  }
  seconds = {arm: [] for arm in arms}
  for number in range(rounds + 1):
    for arm in arms if number % 2 else reversed(arms):
      # Upstream names a version by the second and waits for a free one. Exports
      # of a real run are further apart, so that wait isn't counted.
      time.sleep(1.1)
      gc.collect()  # No arm pays for graphs that another left.
      started = time.perf_counter()
      exporters[arm]()
      if number:  # The first round also pays once for the process.
        seconds[arm].append(time.perf_counter() - started)
  shutil.rmtree(root)
  return {"seconds": seconds, "peak_rss_mb": report.peak_rss_mb()}


def main(arguments: Sequence[str]) -> None:
  """Measures time and memory of all arms and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument(
    "--handle", help="a module of text or images; default: the GloVe example"
  )
  parser.add_argument("--rounds", type=int, help=argparse.SUPPRESS)
  processes.add_arms(parser, (*ARMS, "all"))
  args = parser.parse_args(arguments)
  if args.arm:
    arms = ARMS if args.arm == "all" else (args.arm,)
    report.print_json(_time(arms, args.handle, args.directory, args.rounds))
    return
  from hub_estimator.examples import movies

  handle = args.handle or movies.glove50()
  with tempfile.TemporaryDirectory() as folder:
    model_dir = os.path.join(folder, "run")
    _run(handle, model_dir)

    def run(arm: str, rounds: int) -> dict[str, Any]:
      return processes.run_arm(
        "benchmarks.export",
        arm,
        model_dir,
        f"--rounds={rounds}",
        f"--handle={handle}",
      )

    seconds = run("all", 5 if args.quick else 15)["seconds"]
    # A process for each arm: a peak is that of all that a process did.
    memory = {arm: run(arm, 2)["peak_rss_mb"] for arm in ARMS}
  pairs = {
    arm: report.median_ratio(seconds["rival"], seconds[arm]) for arm in ARMS
  }
  report.print_json(
    {
      "benchmark": "export",
      "ratio": pairs["ours"],
      "target": 1 / 1.1,
      **{
        arm: {
          "seconds": statistics.median(seconds[arm]),
          "peak_rss_mb": memory[arm],
        }
        for arm in ARMS
      },
      "verification_share": 1 - pairs["ours_verified"] / pairs["ours"],
      "rounds": len(seconds["ours"]),
      "handle": handle,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
