import hashlib
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading

import pytest
import requests

from hub_estimator.errors import UserError
from hub_estimator.handles import hosting
from hub_estimator.handles.fingerprints import fingerprint
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles
from hub_estimator.tensorflow_runtime import hub

pytestmark = pytest.mark.newest


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def folder(dense, text, tmp_path):
  shutil.copytree(dense, tmp_path / "modules" / "team" / "dense" / "1")
  shutil.copytree(text, tmp_path / "modules" / "text")
  return tmp_path / "modules"


@pytest.fixture
def server(folder):
  with hosting.ModuleServer(str(folder), host="127.0.0.1", port=0) as server:
    thread = threading.Thread(
      target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    )
    thread.start()
    yield server
    server.shutdown()


def test_plain_hub_and_ours_load_from_it(server, dense):
  url = f"{server.url}team/dense/1"
  assert fingerprint(hub.resolve(url)) == (fingerprint(dense))
  shutil.rmtree(hub.resolve(url))
  found = resolve(url, handles=Handles(retries=0))
  assert found.fingerprint == fingerprint(dense)


def test_a_broken_download_is_resumed(server, folder):
  url = f"{server.url}text?tf-hub-format=compressed"
  whole = requests.get(url, timeout=5)
  tag = whole.headers["ETag"]
  assert tag == f'"{hashlib.sha256(whole.content).hexdigest()}"'
  part = requests.get(
    url, headers={"Range": "bytes=100-", "If-Range": tag}, timeout=5
  )
  assert part.status_code == 206
  assert part.content == whole.content[100:]
  (folder / "text" / "assets" / "tokens.txt").write_text("changed\n")
  changed = requests.get(
    url, headers={"Range": "bytes=100-", "If-Range": tag}, timeout=5
  )
  assert changed.status_code == 200 and changed.headers["ETag"] != tag
  beyond = requests.get(url, headers={"Range": "bytes=99999999-"}, timeout=5)
  assert beyond.status_code == 416
  head = requests.head(url, timeout=5)
  assert head.headers["Content-Length"] == str(len(changed.content))


def test_its_root_lists_all_modules_also_later_ones(server, folder, dense):
  assert requests.get(server.url, timeout=5).text.split() == [
    f"{server.url}team/dense/1",
    f"{server.url}text",
  ]
  shutil.copytree(dense, folder / "a new one")
  assert resolve(f"{server.url}a%20new%20one", handles=Handles(retries=0))


def test_an_archive_in_the_folder_is_served_as_it_is(server, folder, dense):
  packed = shutil.make_archive(str(folder / "packed"), "gztar", dense)
  content = pathlib.Path(packed).read_bytes()
  for url in ("packed.tar.gz", "packed?tf-hub-format=compressed"):
    assert requests.get(f"{server.url}{url}", timeout=5).content == content


@pytest.mark.parametrize(
  ("path", "code", "told"),
  [
    ("none?tf-hub-format=compressed", 404, "no module at /none."),
    ("team?tf-hub-format=compressed", 404, "no module at /team."),
    ("text?tf-hub-format=uncompressed", 400, "not 'compressed'"),
    ("text", 200, "give http://127.0.0.1:[0-9]+/text as its handle"),
  ],
)
def test_a_request_that_cannot_be_served_is_explained(server, path, code, told):
  answer = requests.get(f"{server.url}{path}", timeout=5)
  assert answer.status_code == code
  assert re.search(told, answer.text)


@pytest.mark.parametrize(
  "path", ["/../secret", "/%2e%2e/secret", "/text/../../secret", "//secret"]
)
def test_no_file_outside_the_folder_is_served(server, folder, dense, path):
  import http.client

  shutil.copytree(dense, folder.parent / "secret")
  connection = http.client.HTTPConnection(*server.server_address, timeout=5)
  connection.request("GET", f"{path}?tf-hub-format=compressed")
  assert connection.getresponse().status == 404


def test_a_port_in_use_and_a_missing_folder_are_named(server, folder):
  with pytest.raises(UserError, match="Address already in use"):
    hosting.ModuleServer(
      str(folder), host="127.0.0.1", port=server.server_address[1]
    )
  with pytest.raises(UserError, match="no directory"):
    hosting.ModuleServer(str(folder / "none"), host="127.0.0.1", port=0)


@pytest.mark.slow
def test_the_command_serves_until_it_is_interrupted(folder, dense):
  process = subprocess.Popen(
    [sys.executable, "-m", "hub_estimator.trainers.main", "serve-modules"]
    + [str(folder), "--port=0"],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )
  lines = [process.stdout.readline() for _ in range(3)]
  assert lines[2].startswith(f"serving {folder} at http://127.0.0.1:")
  found = resolve(lines[0].strip(), handles=Handles(retries=0))
  assert found.fingerprint == fingerprint(dense)
  process.send_signal(signal.SIGINT)
  _, err = process.communicate(timeout=10)
  assert process.returncode == 130
  assert "Traceback" not in err
