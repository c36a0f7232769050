import os
import pathlib
import signal
import threading
import time

import pytest

from hub_estimator import disk_cache


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))
  return tmp_path / "cache" / "things"


def read(path):
  return (path / "content").read_text() or None


def read_or_make(key, content):
  return disk_cache.read_or_make(
    "things",
    key,
    read=read,
    make=lambda path: (path / "content").write_text(content),
  )


def names(directory):
  return sorted(p.name for p in directory.iterdir() if p.is_dir())


def test_the_environment_sets_directory_and_limit(monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", "~/elsewhere")
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE_GIB", "0.5")
  home = pathlib.Path.home()
  assert disk_cache.directory("things") == home / "elsewhere" / "things"
  assert disk_cache.max_bytes() == 2**29
  monkeypatch.delenv("HUB_ESTIMATOR_CACHE_GIB")
  assert disk_cache.max_bytes() == 20 * 2**30


def test_an_entry_is_made_once_and_again_if_it_is_damaged(directory):
  assert read_or_make("a", "first") == "first"
  assert read_or_make("a", "second") == "first"
  (directory / "a" / "content").write_text("")
  assert read_or_make("a", "third") == "third"
  assert names(directory) == ["a"]


def test_a_maker_that_fails_leaves_nothing(directory):
  def fail(path):
    (path / "content").write_text("half")
    raise ValueError("no more")

  with pytest.raises(ValueError, match="no more"):
    disk_cache.read_or_make("things", "a", read=read, make=fail)
  assert names(directory) == []


def test_what_a_killed_maker_leaves_does_not_count_and_is_removed(directory):
  def hang(path):
    (path / "content").write_text("half")
    time.sleep(60)

  child = os.fork()
  if child == 0:
    disk_cache.read_or_make("things", "a", read=read, make=hang)
    os._exit(0)
  deadline = time.monotonic() + 30
  while not list(directory.glob(".a-*/a/content")):
    assert time.monotonic() < deadline
    time.sleep(0.02)
  os.kill(child, signal.SIGKILL)
  os.waitpid(child, 0)
  assert names(directory) != []
  assert read_or_make("a", "whole") == "whole"
  assert names(directory) == ["a"]


def test_those_that_ask_at_once_wait_for_one_that_makes_it():
  made, got = [], []

  def make(path):
    made.append(path)
    time.sleep(0.2)
    (path / "content").write_text("x")

  def ask():
    got.append(disk_cache.read_or_make("things", "a", read=read, make=make))

  threads = [threading.Thread(target=ask) for _ in range(4)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert len(made) == 1
  assert got == ["x"] * 4


def test_the_least_recently_used_are_evicted_above_the_limit(
  directory, monkeypatch
):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE_GIB", str(2000 / 2**30))
  read_or_make("a", "a" * 900)
  read_or_make("b", "b" * 900)
  os.utime(directory / "a", (1, 1))
  os.utime(directory / "b", (2, 2))
  read_or_make("a", "used again")
  read_or_make("c", "c" * 900)
  assert names(directory) == ["a", "c"]
  read_or_make("large", "x" * 3000)  # Used now, so it stays.
  assert names(directory) == ["large"]
