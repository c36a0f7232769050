"""The commands of docs/cluster.md, as a scheduler would run them."""

import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time

import pytest
from hub_estimator.examples import cluster_task, local_cluster

from hub_estimator.model_dir import results
from tests.clusters import GIN

pytestmark = pytest.mark.newest

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "cluster.md"


def _block(language: str) -> str:
  return re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.S).group(1)


def test_a_tasks_number_decides_its_place():
  addresses = [f"h{i}:1" for i in range(6)]
  configs = [
    json.loads(cluster_task.tf_config(addresses, i, 2)) for i in range(6)
  ]
  assert all(
    config["cluster"]
    == {
      "chief": ["h0:1"],
      "ps": ["h1:1", "h2:1"],
      "worker": ["h3:1", "h4:1"],
    }
    for config in configs
  )
  assert [tuple(config["task"].values()) for config in configs] == [
    ("chief", 0),
    ("ps", 0),
    ("ps", 1),
    ("worker", 0),
    ("worker", 1),
    ("evaluator", 0),
  ]


def test_too_few_hosts_are_rejected(capsys):
  with pytest.raises(SystemExit) as stopped:
    cluster_task.main(["--hosts=a,b", "--index=0", "--ps=1", "--", "x"])
  assert stopped.value.code == 2
  assert "2 hosts; a chief, 1 ps and an evaluator need 3" in (
    capsys.readouterr().err
  )


@pytest.fixture
def gin_file(batch_norm, numbers_npz, tmp_path):
  path = tmp_path / "run.gin"
  path.write_text(
    GIN.format(module=batch_norm, data=numbers_npz)
    + "MAX_STEPS = 60\nEVAL_EVERY_STEPS = 30\n"
  )
  return path


def _finished(model_dir) -> bool:
  result = results.read(model_dir / "result.json")
  return result.state == results.FINISHED and bool(result.exports["latest"])


@pytest.mark.faults
@pytest.mark.usefixtures("machine")
@pytest.mark.slow
def test_the_local_example_ends_with_a_result(gin_file, tmp_path):
  command = next(
    line
    for line in _block("sh").splitlines()
    if "examples.local_cluster" in line
  )
  command = command.replace("runs/quickstart.gin", str(gin_file)).replace(
    "--model_dir=D", f"--model_dir={tmp_path / 'D'}"
  )
  command = command.replace("python", sys.executable, 1)
  done = subprocess.run(
    command.split(), capture_output=True, text=True, check=False
  )
  assert done.returncode == 0, done.stdout
  assert _finished(tmp_path / "D")
  for name in ("chief-0", "worker-0", "worker-1", "ps-0", "evaluator-0"):
    assert f"[{name}] " in done.stdout


@pytest.mark.faults
@pytest.mark.usefixtures("machine")
@pytest.mark.slow
def test_the_local_example_forwards_ctrl_c(gin_file, tmp_path):
  process = subprocess.Popen(
    [
      *(sys.executable, "-m", "hub_estimator.examples.local_cluster"),
      *("--workers=0", "--ps=1", "--", f"--gin_file={gin_file}"),
      f"--model_dir={tmp_path / 'D'}",
      "--gin_param=MAX_STEPS = 1000000",
    ],
    stdout=subprocess.PIPE,
    text=True,
  )
  while not list((tmp_path / "D").glob("model.ckpt-*.index")):
    assert process.poll() is None
    time.sleep(0.1)
  process.send_signal(signal.SIGINT)
  shown, _ = process.communicate(timeout=60)
  assert process.returncode == 130
  # No step is named if the signal came while a checkpoint was written.
  assert "[chief-0] hub-estimator train: stopped by SIGINT" in shown


def test_tasks_on_one_machine_have_distinct_addresses():
  configs = local_cluster.tf_configs(2, 1)
  assert [name for name, _ in configs] == [
    "chief-0",
    "ps-0",
    "worker-0",
    "worker-1",
    "evaluator-0",
  ]
  (cluster,) = {json.dumps(json.loads(c)["cluster"]) for _, c in configs}
  addresses = sum(json.loads(cluster).values(), [])
  assert len(set(addresses)) == 4


def _stub(path: pathlib.Path, text: str) -> None:
  path.write_text("#!/bin/bash\n" + text)
  path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.faults
@pytest.mark.usefixtures("machine")
@pytest.mark.slow
def test_the_slurm_script_runs_each_task_in_its_place(
  gin_file, tmp_path, hosts
):
  """Stubs replace Slurm's programs; hosts are network namespaces."""
  tools = tmp_path / "bin"
  tools.mkdir()
  _stub(tools / "scontrol", f"printf '%s\\n' {' '.join(hosts.values())}\n")
  _stub(tools / "python", f'exec {sys.executable} "$@"\n')
  starts = "\n".join(
    f'SLURM_PROCID={i} ip netns exec {name} "$@" &'
    for i, name in enumerate(hosts)
  )
  _stub(
    tools / "srun",
    f"shift\n{starts}\nfor job in $(jobs -p); do wait $job || exit 1; done\n",
  )
  script = _block("bash")
  for shown, meant in (
    ("/shared/run.gin", str(gin_file)),
    ("/shared/", f"{tmp_path}/shared/"),
    ("--ps=2", "--ps=1"),
  ):
    assert shown in script
    script = script.replace(shown, meant)
  done = subprocess.run(
    ["bash", "-c", script],
    env={
      **os.environ,
      "PATH": f"{tools}:{os.environ['PATH']}",
      "SLURM_JOB_NODELIST": "n[0-3]",
    },
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  assert _finished(tmp_path / "shared" / "model")


def test_the_kubernetes_job_gives_each_pod_its_place():
  """Runs the Job's shell line with the variables that Kubernetes sets in a pod."""
  page = _block("yaml")
  lines = re.search(r"args:\n\s+- (.*?)\n\s+volumeMounts", page, re.S).group(1)
  shown = subprocess.run(
    ["bash", "-c", " ".join(lines.split()).replace("exec python", "echo")],
    env={**os.environ, "JOB_COMPLETION_INDEX": "3"},
    capture_output=True,
    text=True,
    check=True,
  ).stdout.split()
  hosts = next(w for w in shown if w.startswith("--hosts=")).split("=")[1]
  completions = int(re.search(r"completions: (\d+)", page).group(1))
  assert hosts.split(",") == [f"train-{i}.train" for i in range(completions)]
  assert "--index=3" in shown
