"""What the README tells people to type exists."""

import pathlib
import re
import shlex

import pytest
from hub_estimator.trainers import main as command

import hub_estimator.experiments  # noqa: F401  Registers the parts.
from hub_estimator import config
from hub_estimator.sweeps.sweep import read_sweep
from tests.architecture_test import FLOORS

pytestmark = pytest.mark.newest

ROOT = pathlib.Path(__file__).parent.parent
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]


def _blocks(path, language):
  pattern = rf"```{language}\n(.*?)```"
  return re.findall(pattern, path.read_text(), re.DOTALL)


def _commands(prefix):
  for path in DOCS:
    for block in _blocks(path, "sh"):
      for line in block.splitlines():
        words = shlex.split(line, comments=True)
        if words and words[0] == prefix:
          yield path.name, words[1:]


@pytest.mark.parametrize("path, words", _commands("make"))
def test_every_make_target_exists(path, words):
  targets = re.findall(
    r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE
  )
  assert words[0] in targets


@pytest.mark.parametrize("path, words", _commands("hub-estimator"))
def test_every_command_line_parses(path, words, monkeypatch):
  seen = []
  monkeypatch.setattr(
    command.VERBS[words[0]], "main", lambda args: seen.append(args)
  )
  assert command.main(words) == 0
  assert seen


def test_every_gin_block_builds_a_run(tmp_path):
  for path in DOCS:
    for i, block in enumerate(_blocks(path, "gin")):
      file = tmp_path / f"{path.stem}_{i}.gin"
      file.write_text(block)
      config.parse([str(file)])
      config.build("run")
      if "sweep.space" in block:
        assert read_sweep().space.probes()


def test_every_link_leads_somewhere():
  for path in DOCS:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
      if not target.startswith("http"):
        assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_house_draws_every_room_in_its_order():
  picture = (ROOT / "docs" / "house.md").read_text()
  drawing = picture.split("```")[1]
  drawn = [line.split()[0] for line in drawing.strip().splitlines()]
  names = [name.removesuffix("/").removesuffix(".py") for name in drawn]
  assert names == [n for n in reversed(FLOORS) if n != "testing"]
  for name in drawn:
    assert (ROOT / "hub_estimator" / name).exists(), name
