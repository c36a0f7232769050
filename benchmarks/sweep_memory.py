"""Does a worker's memory stay flat over many trials?

    python -m benchmarks.sweep_memory [--quick]

One worker runs 200 trials of a tiny module, two steps each with an evaluation and an
export, in this process; its resident memory and its open files are read after each.
There is no rival: the ratio is the memory after 20 trials over that after the last, 1
where it is flat.
"""

import argparse
import os
import pathlib
import sys
import tempfile

from benchmarks import report

_WARM_UP = 20


def _resident_mb() -> float:
  with open("/proc/self/status", encoding="ascii") as status:
    line = next(line for line in status if line.startswith("VmRSS:"))
  return int(line.split()[1]) / 1024


def _write(root: pathlib.Path, trials: int) -> str:
  import numpy as np

  from hub_estimator import testing

  handle = testing.dense_module(str(root / "module"))
  x = np.random.default_rng(0).normal(size=(96, 4)).astype(np.float32)
  np.savez(root / "data.npz", x=x, label=(x.sum(1) > 0).astype(int))
  file = root / "sweep.gin"
  file.write_text(f"""
include "base.gin"
HANDLE = {handle!r}
HEAD = @heads.binary()
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {str(root / "data.npz")!r}
inputs.npz.features = ["x"]
inputs.npz.label = "label"
MAX_STEPS = 2
EVAL_EVERY_STEPS = 2
exports.kinds = ["final"]
sweep.goals = ["loss"]
sweep.strategy = "random"
sweep.max_trials = {trials}
sweep.space = {{"optimizers.adam.learning_rate": ("log", 0.001, 0.1)}}
""")
  return str(file)


def main(arguments: list[str]) -> None:
  """Measures, and prints one JSON object."""
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument("--quick", action="store_true")
  args = parser.parse_args(arguments)
  trials = 2 * _WARM_UP if args.quick else 200
  import hub_estimator.experiments  # noqa: F401  Registers the parts.
  from hub_estimator import config
  from hub_estimator.sweeps import read_sweep, worker
  from hub_estimator.sweeps import study as studies

  memory, files = [], []
  run = worker._run

  def measured(*args):
    run(*args)
    memory.append(_resident_mb())
    files.append(len(os.listdir("/proc/self/fd")))
    if len(memory) % 20 == 0:
      print(
        len(memory),
        round(memory[-1]),
        "MiB",
        files[-1],
        "files",
        file=sys.stderr,
      )

  worker._run = measured
  with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    config.parse([_write(root, trials)])
    at = worker.SweepDir(root / "sweep")
    at.path.mkdir()
    at.sweep.write_text(config.text())
    at.base.write_text(config.text(without="sweep"))
    sweep = read_sweep()
    studies.open_study(at.study_url, "sweep", sweep, identity="i")
    worker.work(at, url=at.study_url, name="sweep", identity="i", worker=0)
  report.print_json(
    {
      "benchmark": "sweep_memory",
      "ratio": memory[_WARM_UP - 1] / memory[-1],
      "target": 0.95,
      "ours": memory[-1],
      "rival": memory[_WARM_UP - 1],
      "unit": "MiB",
      "trials": len(memory),
      "every_20th": [round(m) for m in memory[_WARM_UP - 1 :: 20]],
      "open_files": files[_WARM_UP - 1 :: 60],
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
