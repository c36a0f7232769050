"""Time and memory of an export, beside the bare exporters of Hub and Estimator.

    python -m benchmarks.export [--quick] [--handle H]

The rival calls `hub.LatestModuleExporter` and `tf.estimator.LatestExporter` on
the same run; ours does that and more, without and with verification. Target: without
verification at most 1.1 times the rival's time.
"""

import argparse
import gc
import itertools
import os
import pathlib
import shutil
import statistics
import tempfile
import time

from benchmarks import report


def _run(handle: str, model_dir: str):
  from hub_estimator.examples import movies

  from hub_estimator import exporting, heads, modules, optimizers
  from hub_estimator.experiments import Experiment
  from hub_estimator.model import encoders
  from hub_estimator.runs import experiment as experiments

  experiment = Experiment(
    encoder=encoders.Encoder(modules.ModuleSource(handle)),
    head=heads.Binary(),
    optimizer=optimizers.SGD(0.1),
    train_input=_examples(handle, movies.MovieSentences("train")),
    eval_input=_examples(handle, movies.MovieSentences("eval")),
    exports=exporting.Exports(kinds=[]),
    batch_size=8,
    max_steps=2,
    eval_every_steps=2,
  )
  if not os.path.exists(os.path.join(model_dir, "result.json")):
    experiments.train(experiment, model_dir)
  return experiment


class _Images:
  """Noise, for modules of images."""

  def read(self):
    import numpy as np

    from hub_estimator.inputs import Examples

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, size=(64, 28, 28), dtype=np.uint8)
    return Examples({"image": images}, np.arange(64) % 2, "noise")


def _examples(handle: str, sentences):
  from hub_estimator.modules import read_module_info

  signature = read_module_info(handle).signature("default")
  takes_text = any(i.dtype == "string" for i in signature.inputs.values())
  return sentences if takes_text else _Images()


ARMS = ("rival", "ours", "ours_verified")


def _exporter(arm: str, handle: str, model_dir: str, target: pathlib.Path):
  """Returns a function that exports once, below `target`."""
  import dataclasses

  from hub_estimator import exporting
  from hub_estimator.model_dir import workdir
  from hub_estimator.runs import experiment as experiments
  from hub_estimator.tensorflow_runtime import estimator, hub, tf

  tf.logging.set_verbosity(tf.logging.ERROR)
  experiment = _run(handle, model_dir)
  run, manifest = workdir.open_run(model_dir)
  checkpoint = experiments.find_checkpoint(run, None)
  made = experiments.make_estimator(experiment, model_dir)
  exports = exporting.Exports(keep=2, verify=arm == "ours_verified")
  experiment = dataclasses.replace(experiment, exports=exports)
  context = experiments.export_context(experiment, run, manifest)
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


def _time(arms, handle: str, model_dir: str, rounds: int) -> dict:
  """Times the arms in turn, in one process, and reverses the turn each round."""
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
      gc.collect()  # Nobody pays for the graphs that another left.
      started = time.perf_counter()
      exporters[arm]()
      if number:  # What is paid once a process isn't an export's.
        seconds[arm].append(time.perf_counter() - started)
  shutil.rmtree(root)
  return {"seconds": seconds, "peak_rss_mb": report.peak_rss_mb()}


def main() -> None:
  """Runs the benchmark, or the part of it that has a process of its own."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true", help="fewer rounds")
  parser.add_argument(
    "--handle", help="a module of text or images; default: the GloVe example"
  )
  parser.add_argument("--arm", help=argparse.SUPPRESS)
  parser.add_argument("--model_dir", help=argparse.SUPPRESS)
  parser.add_argument("--rounds", type=int, help=argparse.SUPPRESS)
  args = parser.parse_args()
  if args.arm:
    arms = ARMS if args.arm == "all" else (args.arm,)
    report.print_json(_time(arms, args.handle, args.model_dir, args.rounds))
    return
  from hub_estimator.examples import movies

  handle = args.handle or movies.glove50()
  with tempfile.TemporaryDirectory() as folder:
    model_dir = os.path.join(folder, "run")
    _run(handle, model_dir)

    def run(arm: str, rounds: int) -> dict:
      return report.run(
        "benchmarks.export",
        *("--arm", arm, "--rounds", str(rounds)),
        *("--handle", handle, "--model_dir", model_dir),
      )

    seconds = run("all", 5 if args.quick else 15)["seconds"]
    # Memory has no turn to take: a process each.
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
  main()
