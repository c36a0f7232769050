"""The cost of a step with parameter servers, by the size of the module.

    python -m benchmarks.cluster [--quick]

A trainable dense module of 4 to 64 MB, 8 examples a step and plain SGD, so that nearly
all of a step is the transfer of variables. It is trained by one process, by a chief
with one and with two parameter servers, and by chief, workers and servers in up to five
processes, all on this machine over loopback. The steps of all members count. The ratio
is the largest module's steps/s with a chief and one server divided by one process's.
There is no target: it tells the cost of a byte.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks import processes, report

_INPUTS, _ROWS = 512, 64
_GIN = """
include "base.gin"
HANDLE = {module!r}
HEAD = @heads.binary()
OPTIMIZER = @optimizers.sgd()
optimizers.sgd.learning_rate = 0.001
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
inputs.npz.path = {data!r}
run.batch_size = 8
exports.kinds = []
MAX_STEPS = {steps}
EVAL_EVERY_STEPS = {steps}
run.summary_every_steps = 1000000
"""


def _make(directory: pathlib.Path, megabytes: int) -> None:
  """Makes a module and its data, in a process of its own."""
  from hub_estimator import testing

  width = megabytes * 1_000_000 // (4 * _INPUTS)
  testing.dense_module(str(directory / "module"), width=width, inputs=_INPUTS)
  rng = np.random.default_rng(1)
  np.savez(
    directory / "data.npz",
    x=rng.normal(size=(_ROWS, _INPUTS)).astype(np.float32),
    label=np.arange(_ROWS) % 2,
  )


def _status(model_dir: pathlib.Path) -> dict[str, Any]:
  """Returns the chief's status file; {} before there is one."""
  try:
    return json.loads((model_dir / "cluster" / "chief-0.json").read_text())
  except FileNotFoundError:
    return {}


def _cluster_rate(
  gin_file: pathlib.Path, model_dir: pathlib.Path, workers: int, ps: int
) -> float:
  """Returns steps/s of a cluster, all members' together."""
  from hub_estimator.examples import local_cluster

  tasks = []
  for name, tf_config in local_cluster.tf_configs(workers, ps):
    if not name.startswith("evaluator"):
      tasks.append(
        subprocess.Popen(
          _command(gin_file, model_dir),
          env={**os.environ, "TF_CONFIG": tf_config},
          stdout=subprocess.DEVNULL,
        )
      )
  # Each member joins some seconds after the one before; wait until all compute.
  time.sleep(1)
  steps = _watch(model_dir, tasks)
  for task in tasks:
    if task.wait():
      raise SystemExit(f"A task of {model_dir} failed.")
  return steps


def _watch(model_dir: pathlib.Path, tasks: Sequence[subprocess.Popen]) -> float:
  """Returns steps/s over the second half of the chief's reports."""
  seen = []
  while all(task.poll() is None for task in tasks):
    status = _status(model_dir)
    if status.get("state") == "training" and (
      not seen or status["step"] != seen[-1][1]
    ):
      seen.append((time.monotonic(), status["step"]))
    time.sleep(0.02)
  half = seen[len(seen) // 2 :]
  if len(half) < 2:
    raise SystemExit("The run is too short to be timed; raise its steps.")
  return (half[-1][1] - half[0][1]) / (half[-1][0] - half[0][0])


def _alone_rate(gin_file: pathlib.Path, model_dir: pathlib.Path) -> float:
  """Returns steps/s of a chief without any other task."""
  task = subprocess.Popen(
    _command(gin_file, model_dir),
    env={
      **os.environ,
      "TF_CONFIG": json.dumps(
        {
          "cluster": {"chief": ["localhost:1"]},
          "task": {"type": "chief", "index": 0},
        }
      ),
    },
    stdout=subprocess.DEVNULL,
  )
  rate = _watch(model_dir, [task])
  if task.wait():
    raise SystemExit(f"{model_dir} failed.")
  return rate


def _command(gin_file: pathlib.Path, model_dir: pathlib.Path) -> list[str]:
  return [
    *processes.HUB_ESTIMATOR,
    "train",
    f"--gin_file={gin_file}",
    f"--model_dir={model_dir}",
  ]


def main(arguments: Sequence[str]) -> None:
  """Measures all layouts and prints one JSON object."""
  parser = processes.make_parser(__doc__)
  parser.add_argument("--make", nargs=2, metavar=("DIRECTORY", "MEGABYTES"))
  args = parser.parse_args(arguments)
  if args.make:
    _make(pathlib.Path(args.make[0]), int(args.make[1]))
    return
  sizes = [4] if args.quick else [4, 16, 64]
  layouts = [(0, 1), (1, 1)] if args.quick else [(0, 1), (0, 2), (1, 1), (2, 2)]
  rows = []
  with tempfile.TemporaryDirectory() as scratch:
    for megabytes in sizes:
      root = pathlib.Path(scratch) / str(megabytes)
      root.mkdir()
      subprocess.run(
        [
          *(sys.executable, "-m", "benchmarks.cluster"),
          *("--make", str(root), str(megabytes)),
        ],
        check=True,
      )
      steps = 1500 if megabytes <= 4 else 6000 // megabytes
      gin_file = root / "run.gin"
      gin_file.write_text(
        _GIN.format(
          module=str(root / "module"),
          data=str(root / "data.npz"),
          steps=2 * steps,
        )
      )
      alone = _alone_rate(gin_file, root / "alone")
      rows.append({"megabytes": megabytes, "processes": 1, "steps/s": alone})
      for workers, ps in layouts:
        rate = _cluster_rate(gin_file, root / f"{workers}_{ps}", workers, ps)
        rows.append(
          {
            "megabytes": megabytes,
            "processes": 1 + workers + ps,
            "workers": 1 + workers,
            "ps": ps,
            "steps/s": rate,
            # Each step reads the variables and sends their gradients.
            "MB/s": 2 * megabytes * rate,
          }
        )
        print(rows[-1], file=sys.stderr)
  of_largest = [row for row in rows if row["megabytes"] == sizes[-1]]
  report.print_json(
    {
      "benchmark": "cluster",
      "ratio": of_largest[1]["steps/s"] / of_largest[0]["steps/s"],
      "target": None,
      "ours": of_largest[1]["steps/s"],
      "rival": of_largest[0]["steps/s"],
      "unit": "steps/s",
      "rows": rows,
      "versions": report.versions(),
    }
  )


if __name__ == "__main__":
  main(sys.argv[1:])
