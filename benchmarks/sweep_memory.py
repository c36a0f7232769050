"""Does a worker's memory stay flat over many trials?

    python -m benchmarks.sweep_memory [--quick]

One worker runs 200 trials of a tiny module, two steps each with an evaluation and an
export, in this process. After each trial, the benchmark reads the process's resident
memory and its open files. There is no rival: the ratio is the memory after 20 trials
divided by that after the last, 1 if it is flat.
"""

import os
import pathlib
import sys
import tempfile
from collections.abc import Sequence

from benchmarks import processes, report

_WARM_UP = 20


def _write(root: pathlib.Path, trials: int) -> str:
  """Writes module, data and a sweep's config; returns the config's path."""
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


def main(arguments: Sequence[str]) -> None:
  """Measures, and prints one JSON object."""
  args = processes.make_parser(__doc__).parse_args(arguments)
  trials = 2 * _WARM_UP if args.quick else 200
  from hub_estimator import config, sweeps

  memory, files = [], []

  def measure(number: int) -> None:
    del number
    memory.append(report.memory_mib("VmRSS"))
    files.append(len(os.listdir("/proc/self/fd")))
    if len(memory) % 20 == 0:
      done = len(memory)
      print(f"{done} {memory[-1]:.0f} MiB {files[-1]} files", file=sys.stderr)

  with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    config.parse([_write(root, trials)])
    sweep_dir = sweeps.SweepDir(root / "sweep")
    sweep_dir.path.mkdir()
    sweep_dir.sweep.write_text(config.text())
    sweep_dir.base.write_text(config.text(without="sweep"))
    url = sweep_dir.study_url
    sweeps.open_study(url, "sweep", sweeps.read_sweep(), identity="i")
    sweeps.work(
      sweep_dir,
      url=url,
      name="sweep",
      identity="i",
      worker=0,
      after_trial=measure,
    )
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
