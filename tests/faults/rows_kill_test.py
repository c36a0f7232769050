"""kill -9, a full disk, and several processes while a large file's rows are kept."""

import csv
import os
import random
import subprocess
import sys
import time

import pytest

from hub_estimator import disk_cache
from hub_estimator.inputs import Csv
from tests.faults import forked

pytestmark = [pytest.mark.newest, pytest.mark.faults]

KILLS = int(os.environ.get("HUB_ESTIMATOR_KILLS", "5"))
ROWS = 60_000

PREPARE = """
import os
os.environ["HUB_ESTIMATOR_CACHE"] = {cache!r}
os.environ["HUB_ESTIMATOR_LARGE_MIB"] = "1"
import logging
from hub_estimator.inputs import Csv
def read():
  examples = Csv({path!r}).read()
  assert examples.features["n"][:].sum() == {total}
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))
  monkeypatch.setenv("HUB_ESTIMATOR_LARGE_MIB", "1")
  path = tmp_path / "a.csv"
  with path.open("w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["t", "n", "label"])
    writer.writerows([f"text {i}", i, "ab"[i % 2]] for i in range(ROWS))
  return str(path)


def _prepare(path, tmp_path):
  total = ROWS * (ROWS - 1) // 2
  return PREPARE.format(cache=str(tmp_path / "cache"), path=path, total=total)


def _entries():
  found = disk_cache.directory("rows")
  return [p for p in found.iterdir() if not p.name.endswith(".lock")]


def _clear():
  for entry in _entries():
    for file in entry.iterdir():
      file.unlink()
    entry.rmdir()


@pytest.mark.slow
def test_rows_are_whole_after_any_kill(path, tmp_path):
  with forked.Forker(_prepare(path, tmp_path)) as forker:
    started = time.monotonic()
    assert forker.run("read()").wait() == 0
    seconds = time.monotonic() - started
    rng = random.Random(1)
    killed = 0
    while killed < KILLS:
      _clear()
      child = forker.run("read()")
      time.sleep(rng.uniform(0, seconds))
      if child.poll() is None:
        child.kill()
        killed += 1
      child.wait()
      assert forker.run("read()").wait() == 0
      assert [p.name for p in _entries() if p.name.startswith(".")] == []


@pytest.mark.slow
def test_one_of_several_processes_converts_and_the_others_wait(path, tmp_path):
  # An entry that is made again is another directory.
  script = _prepare(path, tmp_path) + (
    "import glob\nread()\n"
    "(entry,) = glob.glob(os.environ['HUB_ESTIMATOR_CACHE'] + '/rows/*/')\n"
    "print(os.stat(entry).st_ino)\n"
  )
  started = [
    subprocess.Popen(
      [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    )
    for _ in range(3)
  ]
  found = [process.communicate(timeout=300)[0] for process in started]
  assert [process.returncode for process in started] == [0, 0, 0]
  assert len(set(found)) == 1


_SCRIPT = """
set -u
mount -t tmpfs -o size=1m none {disk} || exit 77
HUB_ESTIMATOR_CACHE={disk} {python} -c {read!r} 2> {err}
echo $? > {code}
ls -A {disk}/rows | grep -v lock > {left}
"""


@pytest.mark.slow
def test_a_full_disk_is_one_line_with_a_way_out_and_leaves_nothing(
  path, tmp_path
):
  disk = tmp_path / "disk"
  disk.mkdir()
  read = (
    "import sys; from hub_estimator.errors import UserError; "
    "from hub_estimator.inputs import Csv\n"
    "try:\n"
    f"  Csv({path!r}).read()\n"
    "except UserError as error:\n"
    "  sys.exit(str(error))\n"
  )
  script = _SCRIPT.format(
    disk=disk,
    python=sys.executable,
    read=read,
    err=tmp_path / "err",
    code=tmp_path / "code",
    left=tmp_path / "left",
  ).replace("\\n", "\n")
  done = subprocess.run(
    ["unshare", "-rm", "sh", "-c", script], check=False, capture_output=True
  )
  if done.returncode == 77:
    pytest.skip("a small file system can't be mounted here")
  told = (tmp_path / "err").read_text()
  assert (tmp_path / "code").read_text() == "1\n", told
  assert "No space left on device" in told
  assert "HUB_ESTIMATOR_CACHE" in told and "MiB" in told
  assert "Traceback" not in told
  assert (tmp_path / "left").read_text() == ""


def test_a_changed_file_is_converted_again(path):
  assert len(Csv(path).read()) == ROWS
  with open(path, "a") as file:
    file.write("one more,7,a\n")
  assert len(Csv(path).read()) == ROWS + 1
