import hashlib
import pathlib
import shutil
import subprocess
import sys

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles

COVERS = ("sources",)

QUICK = Handles(retries=1, timeout_secs=2)

pytestmark = pytest.mark.usefixtures("cache")


def test_an_unreachable_url_names_itself_and_the_cause():
  with pytest.raises(
    UserError,
    match="'http://127.0.0.1:9/m/1' can't be fetched: .*Connection refused",
  ):
    resolve("http://127.0.0.1:9/m/1", handles=Handles(retries=0))


def test_the_longest_prefix_of_the_mirrors_wins(dense, host):
  asked = "https://tfhub.dev/google/m/1"
  found = resolve(
    asked,
    handles=Handles(
      mirrors={
        "https://": "https://127.0.0.1:9/",
        "https://tfhub.dev/": host.url("/tfhub/"),
      },
      retries=0,
    ),
  )
  assert host.requests == [("/tfhub/google/m/1?tf-hub-format=compressed", None)]
  # Under the handle as it was asked for: other programs find it there.
  assert pathlib.Path(found.path).name == (
    hashlib.sha1(asked.encode()).hexdigest()
  )


def test_a_mirror_may_be_a_directory(dense, tmp_path):
  shutil.copytree(dense, tmp_path / "mirror" / "google" / "m" / "1")
  found = resolve(
    "https://tfhub.dev/google/m/1",
    handles=Handles(mirrors={"https://tfhub.dev": f"{tmp_path}/mirror"}),
  )
  assert found.path == str(tmp_path / "mirror" / "google" / "m" / "1")
  assert found.handle == "https://tfhub.dev/google/m/1"


def test_offline_uses_the_cache_and_contacts_no_server(host):
  with pytest.raises(UserError, match="isn't in the cache, .*handles.offline"):
    resolve(host.url(), handles=Handles(offline=True))
  assert host.requests == []
  online = resolve(host.url(), handles=QUICK)
  assert resolve(host.url(), handles=Handles(offline=True)) == online
  assert len(host.requests) == 1


@pytest.mark.slow
def test_a_read_only_cache_serves_its_modules(host, cache):
  resolve(host.url(), handles=QUICK)
  mount = f"mount --bind {cache} {cache} && mount -o remount,ro,bind {cache}"
  if subprocess.run(
    ["unshare", "-rm", "sh", "-c", mount], check=False
  ).returncode:
    pytest.skip("a read-only mount can't be made here")
  code = (
    "import sys; from hub_estimator import handles; "
    "print(handles.resolve(sys.argv[1]).path)"
  )
  ran = subprocess.run(
    ["unshare", "-rm", "sh", "-c"]
    + [f"{mount} && {sys.executable} -c '{code}' {host.url()}"],
    check=False,
    capture_output=True,
    text=True,
    cwd=pathlib.Path(__file__).parents[2],
  )
  assert ran.stdout.strip().startswith(str(cache)), ran.stderr
  assert len(host.requests) == 1
