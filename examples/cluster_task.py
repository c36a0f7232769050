"""Runs one task of a cluster, given all hosts and the task's number.

    python -m hub_estimator.examples.cluster_task --hosts=a,b,c,d --index=0 --ps=1 -- \
      --gin_file=runs/quickstart.gin --model_dir=D

Use it with schedulers that number the tasks of a job, such as Slurm and Kubernetes.
Number 0 is the chief, the next `--ps` are parameter servers, the last is the
evaluator, and those between are workers. The task sets TF_CONFIG and then runs
`hub-estimator train`.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from hub_estimator.trainers import main as command


def tf_config(addresses: Sequence[str], index: int, ps: int) -> str:
  """Returns the TF_CONFIG of one task.

  Args:
    addresses: "host:port" of each task, including the evaluator.
    index: the task's index in `addresses`.
    ps: how many parameter servers there are.
  """
  kinds = ["chief"] + ["ps"] * ps
  kinds += ["worker"] * (len(addresses) - len(kinds) - 1) + ["evaluator"]
  cluster: dict[str, list[str]] = {}
  for kind, address in zip(kinds, addresses, strict=True):
    cluster.setdefault(kind, []).append(address)
  place = {"type": kinds[index], "index": kinds[:index].count(kinds[index])}
  del cluster["evaluator"]  # It belongs to no cluster.
  return json.dumps({"cluster": cluster, "task": place})


def main(arguments: Sequence[str]) -> int:
  """Runs the task and returns the command's exit code."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument(
    "--hosts", required=True, help="hosts of all tasks: a,b,c"
  )
  parser.add_argument(
    "--index", type=int, required=True, help="the task's number, from 0"
  )
  parser.add_argument("--ps", type=int, default=1, help="parameter servers")
  parser.add_argument(
    "--port", type=int, default=2222, help="port on each host"
  )
  parser.add_argument("train", nargs="+", help="arguments for train, after --")
  args = parser.parse_args(arguments)
  hosts = args.hosts.split(",")
  if len(hosts) < args.ps + 2:
    parser.error(
      f"{len(hosts)} hosts; a chief, {args.ps} ps and an evaluator "
      f"need {args.ps + 2}."
    )
  if not 0 <= args.index < len(hosts):
    parser.error(f"--index is {args.index}; there are {len(hosts)} hosts.")
  os.environ["TF_CONFIG"] = tf_config(
    [f"{host}:{args.port}" for host in hosts], args.index, args.ps
  )
  return command.main(["train", *args.train])


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))
