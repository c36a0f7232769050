"""The command's flags are those of absl, and its mistakes are one line."""

import logging
import os
import subprocess
import sys

import pytest
from absl import flags
from hub_estimator.trainers import main as command
from hub_estimator.trainers import parser

pytestmark = pytest.mark.newest

# Files of the room that these tests cover, beside their own.
COVERS = ("version",)

COMMAND = [sys.executable, "-m", "hub_estimator.trainers.main"]


@pytest.fixture(autouse=True)
def _flags_as_they_were(monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", "")
  yield
  flags.FLAGS.unparse_flags()


def _run(*argv):
  return subprocess.run(
    [*COMMAND, *argv], capture_output=True, text=True, check=False
  )


@pytest.mark.parametrize(
  "argv, line",
  [
    ([], "hub-estimator: the following arguments are required: VERB"),
    (["trian"], "hub-estimator: argument VERB: invalid choice: 'trian'"),
    (["lint", "m", "--foo"], "hub-estimator: unrecognized arguments: --foo"),
    (["lint"], "hub-estimator lint: the following arguments are required: H"),
    (["lint", "m", "-v", "a"], "hub-estimator: flag --verbosity=a: invalid"),
    (["lint", "m", "--flagfile=no"], "hub-estimator: ERROR:: Unable to open"),
    (
      ["lint", "m", "--log_dir=/no"],
      "hub-estimator: argument --log_dir: '/no'",
    ),
    (["run"], "hub-estimator run: the following arguments are required: SCR"),
  ],
)
def test_a_bad_flag_is_one_line_and_exit_code_2(argv, line, capsys):
  with pytest.raises(SystemExit) as exit_:
    command.main(argv)
  assert exit_.value.code == 2
  captured = capsys.readouterr()
  assert captured.out == ""
  assert captured.err.startswith(line), captured.err
  assert captured.err.count("\n") == 1


def test_the_versions_that_matter_are_named_without_imports():
  code = (
    "import sys\n"
    "from hub_estimator.trainers import main\n"
    "try: main.main(['--version'])\n"
    "except SystemExit as e: assert not e.code\n"
    "heavy = {'tensorflow', 'numpy', 'gin'} & set(sys.modules)\n"
    "assert not heavy, heavy\n"
  )
  done = subprocess.run(
    [sys.executable, "-c", code], capture_output=True, text=True, check=True
  )
  lines = dict(line.rsplit(" ", 1) for line in done.stdout.splitlines())
  assert list(lines) == [
    "hub-estimator",
    "Python",
    "tensorflow",
    "tf-keras",
    "tensorflow-estimator",
    "tensorflow-hub",
    "gin-config",
  ]
  assert lines["tensorflow-estimator"] == "2.15.0"
  assert lines["Python"] == ".".join(map(str, sys.version_info[:3]))


def test_help_imports_nothing_heavy():
  code = (
    "import sys\n"
    "from hub_estimator.trainers import main\n"
    "try: main.main(['--help'])\n"
    "except SystemExit as e: assert not e.code\n"
    "heavy = {'tensorflow', 'numpy', 'gin'} & set(sys.modules)\n"
    "assert not heavy, heavy\n"
  )
  subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("flag, code", [("--help", 0), ("--version", 1)])
def test_a_reader_that_has_gone_is_no_traceback(flag, code):
  reading, writing = os.pipe()
  os.close(reading)
  done = subprocess.run(
    [*COMMAND, flag], stdout=writing, stderr=subprocess.PIPE, check=False
  )
  os.close(writing)
  assert done.returncode == code
  assert done.stderr == b""


def test_the_log_of_tensorflow_is_left_out_unless_it_is_asked_for():
  code = (
    "import atexit, logging, sys\n"
    "from hub_estimator.trainers import main\n"
    "level = lambda: print(logging.getLogger('tensorflow').level)\n"
    "atexit.register(level)\n"
    "main.run()"
  )
  for flag, level in (([], "40"), (["--verbosity=0"], "20")):
    done = subprocess.run(
      [sys.executable, "-c", code, "cache", "list", *flag],
      capture_output=True,
      text=True,
      check=True,
    )
    assert done.stdout.splitlines()[-1] == level


def test_helpfull_names_the_flags_of_absl():
  done = _run("--helpfull")
  assert done.returncode == 0
  for flag in ("--[no]alsologtostderr", "--verbosity", "--flagfile", "VERB"):
    assert flag in done.stdout
  assert "--tfhub_cache_dir D" in done.stdout


@pytest.mark.parametrize("first", [True, False])
def test_the_cache_of_modules_is_where_the_flag_says(first, tmp_path, capsys):
  flag = f"--tfhub_cache_dir={tmp_path}/cache"
  verb = ["cache", "list"]
  assert command.main([flag, *verb] if first else [*verb, flag]) == 0
  assert f"{tmp_path}/cache" in capsys.readouterr().out


@pytest.mark.parametrize("flag", [["--verbosity", "0"], ["--verbosity=0"], []])
def test_what_follows_a_script_is_the_scripts(flag):
  ours = [*flag, "run", "--tfhub_cache_dir=D", "s.py"]
  of_script = ["--flagfile=no", "--tfhub_cache_dir=E", "--help", "--", "run"]
  args = parser.parse([*ours, *of_script], command.VERBS)
  assert (args.script, args.tfhub_cache_dir) == ("s.py", "D")
  assert args.arguments == of_script


def test_a_flagfile_holds_flags_of_every_kind(dense, tmp_path, capsys):
  file = tmp_path / "flags"
  file.write_text("--json\n--verbosity=-1\n# A remark.\n--gin_param=A = 1\n")
  with pytest.raises(SystemExit):
    command.main(["train", f"--flagfile={file}"])  # It has no --json.
  file.write_text("--json\n--verbosity=-1\n")
  assert command.main(["inspect", dense, f"--flagfile={file}"]) == 0
  assert '"variants"' in capsys.readouterr().out
  assert logging.getLogger("hub_estimator").level == logging.WARNING


@pytest.mark.parametrize(
  "argv, shown",
  [
    ([], True),
    (["--verbosity=-1"], False),
    (["--log_dir={folder}"], False),
    (["--log_dir={folder}", "--alsologtostderr"], True),
  ],
)
def test_the_log_goes_where_absl_sends_it(argv, shown, dense, tmp_path, capsys):
  argv = [word.format(folder=tmp_path) for word in argv]
  assert command.main(["inspect", dense, "--json", *argv]) == 0
  logger = logging.getLogger("hub_estimator")
  logger.info("a line")
  (handler,) = logger.handlers
  handler.flush()
  assert ("a line\n" in capsys.readouterr().err) == shown
  files = [p for p in tmp_path.iterdir() if ".log." in p.name]
  assert bool(files) == any("log_dir" in word for word in argv)
  for file in files:
    assert "a line\n" in file.read_text()
