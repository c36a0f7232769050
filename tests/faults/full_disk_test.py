"""A disk that fills while a run trains, and has space again."""

import json
import subprocess
import sys

import pytest

from tests.small_runs import GIN

pytestmark = [pytest.mark.newest, pytest.mark.faults]

_GIN = (
  GIN
  + """exports.kinds = ["final"]
MAX_STEPS = 60
EVAL_EVERY_STEPS = 20
"""
)

_SCRIPT = """
set -u
mount -t tmpfs -o size={size}k none {disk} || exit 77
{train} > {out}/first.json 2> {out}/first.err
echo $? > {out}/first.code
mount -o remount,size=200m {disk}
{train} > {out}/second.json 2> {out}/second.err
echo $? > {out}/second.code
"""


@pytest.mark.slow
@pytest.mark.parametrize(
  "size", [1000, 1300]
)  # KiB: at once, or after a while.
def test_a_full_disk_ends_the_run_in_one_line_and_space_lets_it_go_on(
  batch_norm, numbers_npz, tmp_path, size
):
  disk, out = tmp_path / "disk", tmp_path / "out"
  disk.mkdir()
  out.mkdir()
  gin_file = tmp_path / "run.gin"
  gin_file.write_text(_GIN.format(module=batch_norm, data=numbers_npz))
  train = (
    f"{sys.executable} -m hub_estimator.trainers.main train "
    f"--gin_file={gin_file} --model_dir="
  )
  script = _SCRIPT.format(
    size=size, disk=disk, out=out, train=f"{train}{disk}/run"
  )
  done = subprocess.run(["unshare", "-rm", "sh", "-c", script], check=False)
  if done.returncode:
    pytest.skip("a small file system can't be mounted here")
  told = (out / "first.err").read_text()
  assert (out / "first.code").read_text() == "1\n", told
  assert "No space left on device" in told and "MB are free)" in told, told
  assert "Traceback" not in told
  assert (out / "second.code").read_text() == "0\n", (
    out / "second.err"
  ).read_text()
  whole = subprocess.run(
    f"{train}{tmp_path}/whole".split(), capture_output=True, check=True
  )
  results = [
    json.loads(text)
    for text in ((out / "second.json").read_text(), whole.stdout)
  ]
  assert results[0]["metrics"] == results[1]["metrics"]
