import json
import pathlib
import shutil
import subprocess
import sys

import gin
import pytest
from hub_estimator.trainers import main as command

import hub_estimator.experiments  # Ahead of the first config.
import hub_estimator.sweeps.sweep  # noqa: F401
from hub_estimator import config
from hub_estimator.handles import cache_repair as caching
from hub_estimator.handles import module_cache
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.resolving import resolve
from hub_estimator.tensorflow_runtime import hub
from tests.servers import hosting

pytestmark = pytest.mark.newest


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  path = tmp_path / "modules"
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(path))
  config.parse([], ["handles.retries = 0"])
  yield path
  gin.clear_config()


@pytest.fixture
def host(text, tmp_path):
  with hosting(text, tmp_path) as host:
    yield host


def _run(capsys, *argv) -> tuple[int, str, str]:
  code = command.main(["cache", *argv, "--gin_param", "handles.retries = 0"])
  captured = capsys.readouterr()
  return code, captured.out, captured.err


def _damage(path: str) -> None:
  (pathlib.Path(path) / "variables" / "variables.index").unlink()


def test_an_empty_cache_is_no_mistake(capsys, cache):
  assert _run(capsys, "list")[:2] == (0, f"{cache}: 0 modules, 0.0 MB\n")


def test_fetch_prints_where_a_module_is(capsys, host, text, cache):
  code, out, err = _run(capsys, "fetch", host.url())
  assert code == 0
  assert fingerprint(out.strip()) == fingerprint(text)
  assert f"Fetching {host.url()}" in err
  assert f"Fetched {host.url()}" in err
  _run(capsys, "fetch", host.url())
  assert len(host.requests) == 1
  _run(capsys, "fetch", "--refetch", host.url())
  assert len(host.requests) == 2


def test_a_failed_fetch_is_one_line_and_code_2(capsys, host):
  host.behaviour = lambda handler, number: handler.send(404)
  code, out, err = _run(capsys, "fetch", host.url())
  assert (code, out) == (2, "")
  assert err.splitlines()[-1] == (
    f"hub-estimator cache: Module {host.url()!r} can't be fetched: "
    f"{host.url()}?tf-hub-format=compressed: HTTP 404 Not Found; there is no "
    "such module."
  )


def test_verify_names_the_damaged_and_not_the_sound(capsys, host):
  sound, damaged = resolve(host.url("/a/1")), resolve(host.url("/b/1"))
  assert _run(capsys, "verify")[0] == 0
  _damage(damaged.path)
  code, out, _ = _run(capsys, "verify", "--json")
  assert code == 1
  told = json.loads(out)
  assert {e["url"]: e["damage"] for e in told["entries"]} == {
    host.url("/a/1"): None,
    host.url("/b/1"): "variables/variables.index is missing",
  }
  code, out, _ = _run(capsys, "list")
  assert code == 1
  assert f"fetched 20{out.split('fetched 20')[1][:5]}" in out
  assert "    seems sound\n" in out
  assert "    damaged: variables/variables.index is missing\n" in out
  assert sound.path in out


@pytest.mark.parametrize("fetch", [hub.resolve, resolve])
def test_repair_fetches_only_the_damaged(capsys, host, text, fetch):
  for path in ("/a/1", "/b/1"):
    fetch(host.url(path))
  _damage(module_cache.find(host.url("/b/1")).path)
  host.requests.clear()
  code, out, _ = _run(capsys, "repair")
  assert code == 0
  assert [path.split("?")[0] for path, _ in host.requests] == ["/b/1"]
  assert "sound; repaired: variables/variables.index is missing" in out
  assert caching.verify().damaged is False


def test_an_entry_that_cannot_be_repaired_stays_and_is_reported(capsys, host):
  path = resolve(host.url()).path
  _damage(path)
  host.behaviour = lambda handler, number: handler.send(403)
  code, out, _ = _run(capsys, "repair")
  assert code == 1
  assert "damaged: variables/variables.index is missing; Module " in out
  assert "HTTP 403 Forbidden" in out
  assert pathlib.Path(path, "saved_model.pb").exists()


def test_an_entry_without_a_descriptor_is_left_to_its_owner(
  capsys, host, text, cache
):
  shutil.copytree(text, cache / ("c" * 40))
  _damage(cache / ("c" * 40))
  code, out, _ = _run(capsys, "repair")
  assert code == 1
  assert "(no descriptor)" in out and "remove it by hand" in out


def test_repair_removes_leftovers(capsys, host, cache):
  host.behaviour = lambda handler, number: handler.send_archive(cut=100)
  assert _run(capsys, "fetch", host.url())[0] == 2
  assert "left by downloads that ended: " in _run(capsys, "list")[1]
  assert (
    "removed, left by downloads that ended: " in (_run(capsys, "repair")[1])
  )
  assert "left by" not in _run(capsys, "list")[1]


@pytest.mark.slow
def test_the_command_knows_handles_without_help(text):
  """In a process of its own: here, other tests have imported all parts."""
  ran = subprocess.run(
    [sys.executable, "-m", "hub_estimator.trainers.main", "inspect", "small"]
    + ["--gin_param", f"handles.names = {{'small': {text!r}}}"],
    check=False,
    capture_output=True,
    text=True,
  )
  assert (ran.returncode, ran.stderr) == (0, "")
  assert ran.stdout.startswith(f"small\n  path         {text}\n")


def test_a_site_file_holds_for_every_command(
  capsys, host, tmp_path, monkeypatch
):
  site = tmp_path / "site.gin"
  site.write_text(
    f"handles.mirrors = {{'https://tfhub.dev/': '{host.url('/')}'}}"
  )
  monkeypatch.setenv("HUB_ESTIMATOR_GIN", str(site))
  code = command.main(["cache", "fetch", "https://tfhub.dev/google/m/1"])
  assert code == 0
  assert host.requests == [("/google/m/1?tf-hub-format=compressed", None)]
  assert command.main(["inspect", "https://tfhub.dev/google/m/1"]) == 0
  assert "signature 'tokens'" in capsys.readouterr().out
