import sys

import pytest

from benchmarks import processes

pytestmark = pytest.mark.newest


def test_a_module_is_run_and_its_last_line_read(tmp_path, monkeypatch):
  (tmp_path / "arm_of_test.py").write_text(
    "import json, sys\nprint('noise')\nprint(json.dumps(sys.argv[1:]))\n"
  )
  monkeypatch.setenv("PYTHONPATH", str(tmp_path))
  assert processes.run_arm(
    "arm_of_test", "ours", "/tmp/x", "--size=3", quick=True
  ) == ["--arm=ours", "--directory=/tmp/x", "--size=3", "--quick"]


def test_a_command_that_fails_ends_the_benchmark_with_its_error():
  with pytest.raises(SystemExit, match="failed:\nwhy"):
    processes.seconds([sys.executable, "-c", "import sys; sys.exit('why')"])


def test_an_arm_is_one_of_the_benchmarks():
  parser = processes.make_parser("A benchmark.")
  processes.add_arms(parser, ["ours"])
  args = parser.parse_args(["--arm=ours", "--directory=d"])
  assert (args.arm, args.directory, args.quick) == ("ours", "d", False)
