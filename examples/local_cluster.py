"""A whole cluster on this machine, to try a run before many machines are asked for.

    python -m hub_estimator.examples.local_cluster --workers=2 --ps=1 -- \
      --gin_file=runs/quickstart.gin --model_dir=D

Starts `hub-estimator train` once for each task, with the TF_CONFIG that a scheduler
would give it, and shows what each says behind its name. Ends with the first code that
isn't 0; Ctrl-C and SIGTERM go to all.
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
from collections.abc import Sequence

from hub_estimator.examples import cluster_task


def tf_configs(workers: int, ps: int) -> list[tuple[str, str]]:
  """Returns (name, TF_CONFIG) of each task: chief, ps, workers and evaluator."""
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


def _show(name: str, stream) -> None:
  for line in stream:
    print(f"[{name}] {line}", end="", flush=True)


def main(arguments: Sequence[str]) -> int:
  """Runs all tasks and returns the command's exit code."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument("--workers", type=int, default=2, help="beside the chief")
  parser.add_argument("--ps", type=int, default=1, help="parameter servers")
  parser.add_argument("train", nargs="+", help="arguments of train, after --")
  args = parser.parse_args(arguments)
  tasks = {}
  for name, tf_config in tf_configs(args.workers, args.ps):
    tasks[name] = subprocess.Popen(
      [sys.executable, "-m", "hub_estimator.trainers.main", "train"]
      + args.train,
      env={**os.environ, "TF_CONFIG": tf_config},
      stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT,
      text=True,
      start_new_session=True,  # So that Ctrl-C reaches each once, through us.
    )

  def pass_on(number, frame):
    del frame
    for process in tasks.values():
      process.send_signal(number)

  for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, pass_on)
  shown = [
    threading.Thread(target=_show, args=(name, process.stdout))
    for name, process in tasks.items()
  ]
  for thread in shown:
    thread.start()
  codes = [process.wait() for process in tasks.values()]
  for thread in shown:
    thread.join()
  # Of a process that a signal ended, the shell's code.
  codes = [code if code >= 0 else 128 - code for code in codes]
  return next((code for code in codes if code), 0)


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
