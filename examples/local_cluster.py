"""Runs a whole cluster on this machine, to try a run before you request many machines.

    python -m hub_estimator.examples.local_cluster --workers=2 --ps=1 -- \
      --gin_file=runs/quickstart.gin --model_dir=D

Starts `hub-estimator train` once per task, with the TF_CONFIG that a scheduler would
set, and prefixes each task's output with its name. Exits with the first code that
isn't 0. Ctrl-C and SIGTERM reach all tasks.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Iterable, Sequence

from hub_estimator.examples import cluster_task


def tf_configs(workers: int, ps: int) -> list[tuple[str, str]]:
  """Returns (name, TF_CONFIG) of each task: chief, ps, workers and evaluator.

  Args:
    workers: how many workers there are, without the chief.
    ps: how many parameter servers there are.
  """
  with contextlib.ExitStack() as stack:
    addresses = [_free_address(stack) for _ in range(workers + ps + 2)]
  found = []
  for index in range(len(addresses)):
    tf_config = cluster_task.tf_config(addresses, index, ps)
    task = json.loads(tf_config)["task"]
    found.append((f"{task['type']}-{task['index']}", tf_config))
  return found


def _free_address(stack: contextlib.ExitStack) -> str:
  held = stack.enter_context(socket.socket())
  held.bind(("localhost", 0))
  return f"localhost:{held.getsockname()[1]}"


def _show(name: str, stream: Iterable[str]) -> None:
  for line in stream:
    print(f"[{name}] {line}", end="", flush=True)


def main(arguments: Sequence[str]) -> int:
  """Runs all tasks and returns the command's exit code."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument(
    "--workers", type=int, default=2, help="workers, without the chief"
  )
  parser.add_argument("--ps", type=int, default=1, help="parameter servers")
  parser.add_argument("train", nargs="+", help="arguments for train, after --")
  args = parser.parse_args(arguments)
  tasks = {
    name: _start(args.train, tf_config)
    for name, tf_config in tf_configs(args.workers, args.ps)
  }
  _forward_signals(tasks.values())
  printers = [
    threading.Thread(target=_show, args=(name, process.stdout))
    for name, process in tasks.items()
  ]
  for printer in printers:
    printer.start()
  codes = [process.wait() for process in tasks.values()]
  for printer in printers:
    printer.join()
  # A process that a signal stopped has the code that a shell would give it.
  codes = [code if code >= 0 else 128 - code for code in codes]
  return next((code for code in codes if code), 0)


def _start(train: Sequence[str], tf_config: str) -> subprocess.Popen[str]:
  return subprocess.Popen(
    [sys.executable, "-m", "hub_estimator.trainers.main", "train", *train],
    env={**os.environ, "TF_CONFIG": tf_config},
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
    # Ctrl-C then reaches each task once, through this process.
    start_new_session=True,
  )


def _forward_signals(processes: Iterable[subprocess.Popen[str]]) -> None:
  def forward(number: int, frame: types.FrameType | None) -> None:
    del frame
    for process in processes:
      process.send_signal(number)

  for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, forward)


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
