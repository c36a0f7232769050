import hashlib
import pathlib
import shutil
import subprocess
import tarfile

import gin
import pytest

from hub_estimator import config
from hub_estimator.errors import UserError
from hub_estimator.handles import module_cache, module_files
from hub_estimator.handles.resolving import Handles, resolve
from hub_estimator.tensorflow_runtime import tf
from tests.servers import hosting

QUICK = Handles(retries=1, timeout_secs=2)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  path = tmp_path / "modules"
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(path))
  return path


@pytest.fixture
def host(dense, tmp_path):
  with hosting(dense, tmp_path) as host:
    yield host


def test_a_path_and_its_file_url_are_the_same_module(dense):
  path, url = resolve(dense), resolve(f"file://{dense}")
  assert (path.path, path.fingerprint) == (url.path, url.fingerprint)


def test_a_missing_directory_says_what_is_there(tmp_path):
  (tmp_path / "other").mkdir()
  with pytest.raises(UserError, match="doesn't exist; .* holds: other"):
    resolve(str(tmp_path / "module"))


def test_a_saved_model_is_told_from_a_module(tmp_path, dense):
  copy = shutil.copytree(dense, tmp_path / "copy")
  (copy / "tfhub_module.pb").unlink()
  assert not resolve(str(copy)).is_tf1_module
  assert resolve(dense).is_tf1_module


def test_an_empty_directory_is_not_a_module(tmp_path):
  (tmp_path / "m").mkdir()
  with pytest.raises(
    UserError, match="holds no saved_model.pb; it holds: nothing"
  ):
    resolve(str(tmp_path / "m"))


def test_a_damaged_module_is_told_before_anything_is_built(tmp_path, dense):
  copy = shutil.copytree(dense, tmp_path / "copy")
  (copy / "variables" / "variables.index").unlink()
  with pytest.raises(UserError, match="copy.: variables/.*index is missing"):
    resolve(str(copy))


@pytest.mark.parametrize("handle", ["", None, 3])
def test_a_handle_is_a_string(handle):
  with pytest.raises(UserError, match="non-empty string"):
    resolve(handle)


def test_an_unreachable_url_names_itself_and_the_cause():
  with pytest.raises(
    UserError,
    match="'http://127.0.0.1:9/m/1' can't be fetched: .*Connection refused",
  ):
    resolve("http://127.0.0.1:9/m/1", handles=Handles(retries=0))


# --- Archives ----------------------------------------------------------------


@pytest.mark.parametrize("folder", [".", "module"])
def test_a_local_archive_is_a_module(tmp_path, dense, folder):
  path = tmp_path / "m.tar.gz"
  with tarfile.open(path, "w:gz") as tar:
    tar.add(dense, folder)
  found = resolve(str(path))
  assert found.fingerprint == module_files.fingerprint(dense)
  path.rename(tmp_path / "moved.tgz")
  assert resolve(str(tmp_path / "moved.tgz")).path == found.path


def test_a_local_archive_of_something_else_is_told(tmp_path):
  (tmp_path / "x").write_text("x")
  with tarfile.open(tmp_path / "m.tar.gz", "w:gz") as tar:
    tar.add(tmp_path / "x", "x")
  with pytest.raises(UserError, match="m.tar.gz: it holds no module: .* x$|x."):
    resolve(str(tmp_path / "m.tar.gz"))


def test_the_digest_of_an_archive_may_stand_in_its_handle(
  tmp_path, dense, host
):
  right = hashlib.sha256(host.archive).hexdigest()
  (tmp_path / "m.tar.gz").write_bytes(host.archive)
  for handle in (str(tmp_path / "m.tar.gz"), host.url()):
    with pytest.raises(UserError, match="its sha256 is .* the handle says 00"):
      resolve(f"{handle}#sha256={'0' * 64}", handles=QUICK)
    found = resolve(f"{handle}#sha256={right}", handles=QUICK)
    assert found.fingerprint == module_files.fingerprint(dense)
  # In the cache under the URL alone, and known by its digest there.
  assert resolve(host.url(), handles=QUICK).path == found.path
  before = len(host.requests)
  resolve(f"{host.url()}#sha256={right}", handles=QUICK)
  assert len(host.requests) == before


def test_the_format_is_asked_for_as_the_hosting_protocol_has_it(host):
  for path in ("/m/1", "/m/2?x=y", "/m.tar.gz", "/m.tgz?token=t"):
    resolve(host.url(path), handles=QUICK)
  assert [path for path, _ in host.requests] == [
    "/m/1?tf-hub-format=compressed",
    "/m/2?x=y&tf-hub-format=compressed",
    "/m.tar.gz",
    "/m.tgz?token=t",
  ]


# --- Names, mirrors, offline ---------------------------------------------------


def test_a_short_name_stands_for_a_handle(dense, tmp_path):
  known = Handles(names={"small": dense})
  found = resolve("small", handles=known)
  assert (found.handle, found.path) == ("small", dense)
  with pytest.raises(UserError, match="did you mean 'small'"):
    resolve("smal", handles=known)


def test_the_longest_prefix_of_the_mirrors_counts(dense, host):
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


def test_offline_takes_what_is_cached_and_asks_nobody(host):
  with pytest.raises(UserError, match="isn't in the cache, .*handles.offline"):
    resolve(host.url(), handles=Handles(offline=True))
  assert host.requests == []
  online = resolve(host.url(), handles=QUICK)
  assert resolve(host.url(), handles=Handles(offline=True)) == online
  assert len(host.requests) == 1


def test_gin_binds_what_handles_mean(dense):
  config.parse([], [f"handles.names = {{'small': {dense!r}}}"])
  try:
    assert resolve("small").path == dense
  finally:
    gin.clear_config()
  with pytest.raises(UserError, match="'small' .* doesn't exist"):
    resolve("small")


@pytest.mark.parametrize("table", ["x", {"a": 3}, {"": "b"}])
def test_a_table_that_is_none_is_refused(table):
  with pytest.raises(UserError, match="handles.names is .* strings to strings"):
    Handles(names=table)


# --- Exported versions ---------------------------------------------------------


def _export(root, number, module, name="module"):
  shutil.copytree(module, root / "module" / str(number) / name)
  shutil.copytree(module, root / "model" / str(number))


def test_a_run_stands_for_its_latest_module(tmp_path, dense, batch_norm):
  run = tmp_path / "run"
  _export(run / "export" / "latest", 5, dense)
  _export(run / "export" / "latest", 12, batch_norm)
  _export(run / "export" / "best", 3, dense)
  newest = str(run / "export" / "latest" / "module" / "12" / "module")
  for handle in (run, run / "export", run / "export" / "latest"):
    assert resolve(str(handle)).path == newest
  assert resolve(str(run / "export" / "best")).fingerprint == (
    module_files.fingerprint(dense)
  )


def test_a_version_without_its_model_is_not_there_yet(tmp_path, dense):
  run = tmp_path / "run"
  _export(run / "export" / "latest", 5, dense)
  shutil.copytree(dense, run / "export" / "latest" / "module" / "9" / "module")
  assert "/5/" in resolve(str(run)).path


def test_a_sweep_stands_for_its_best_module(tmp_path, dense):
  _export(tmp_path / "sweep" / "best", 5, dense)
  assert resolve(str(tmp_path / "sweep")).path.endswith("best/module/5/module")


def test_several_modules_leave_a_choice(tmp_path, dense, batch_norm):
  latest = tmp_path / "run" / "export" / "latest"
  _export(latest, 5, dense, "left")
  shutil.copytree(batch_norm, latest / "module" / "5" / "right")
  with pytest.raises(
    UserError, match="holds 2 modules; choose one: .*/left, .*/right"
  ):
    resolve(str(tmp_path / "run"))
  right = resolve(str(latest / "module" / "5" / "right"))
  assert right.fingerprint == module_files.fingerprint(batch_norm)


def test_a_run_without_modules_says_so(tmp_path, dense):
  latest = tmp_path / "run" / "export" / "latest"
  with pytest.raises(UserError, match="no saved_model.pb; it holds: check"):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "checkpoint").touch()
    resolve(str(tmp_path / "run"))
  shutil.copytree(dense, latest / "model" / "5")
  with pytest.raises(UserError, match="run' has exported no module: see"):
    resolve(str(tmp_path / "run"))


def test_a_directory_of_versions_stands_for_its_newest(tmp_path, dense):
  for number in ("9", "10"):
    shutil.copytree(dense, tmp_path / "m" / number)
  assert resolve(str(tmp_path / "m")).path == str(tmp_path / "m" / "10")


# --- TensorFlow's file systems ---------------------------------------------------


def _put(path: str, source: str) -> None:
  for file in pathlib.Path(source).rglob("*"):
    if file.is_file():
      target = f"{path}/{file.relative_to(source)}"
      tf.io.gfile.makedirs(target.rsplit("/", 1)[0])
      tf.io.gfile.copy(str(file), target, overwrite=True)


def test_a_bucket_is_copied_and_what_changed_is_copied_again(
  dense, batch_norm, cache
):
  _put("ram://bucket/m", dense)
  found = resolve("ram://bucket/m")
  assert found.fingerprint == module_files.fingerprint(dense)
  assert pathlib.Path(found.path).is_relative_to(cache)
  descriptor = pathlib.Path(f"{found.path}.descriptor.txt")
  first = descriptor.stat().st_mtime_ns
  assert resolve("ram://bucket/m") == found
  assert descriptor.stat().st_mtime_ns == first
  tf.io.gfile.rmtree("ram://bucket/m")
  _put("ram://bucket/m", batch_norm)
  again = resolve("ram://bucket/m")
  assert again.fingerprint == module_files.fingerprint(batch_norm)
  assert resolve("ram://bucket/m", handles=Handles(offline=True)) == again


def test_an_archive_in_a_bucket_is_unpacked(dense, host):
  tf.io.gfile.makedirs("ram://bucket/archives")
  with tf.io.gfile.GFile("ram://bucket/archives/m.tar.gz", "wb") as file:
    file.write(host.archive)
  right = hashlib.sha256(host.archive).hexdigest()
  found = resolve(f"ram://bucket/archives/m.tar.gz#sha256={right}")
  assert found.fingerprint == module_files.fingerprint(dense)


def test_nothing_in_a_bucket_is_told():
  with pytest.raises(
    UserError, match="'ram://none/m' can't be fetched: ram://none/m: NotFound"
  ):
    resolve("ram://none/m")
  with pytest.raises(
    UserError, match="can't be fetched: ram://none/m.tar.gz: "
  ):
    resolve("ram://none/m.tar.gz")


def test_a_file_system_that_tensorflow_lacks_is_told():
  with pytest.raises(
    UserError, match="can't be fetched: nofs://m: .*tensorflow-io"
  ):
    resolve("nofs://m")


@pytest.mark.slow
def test_a_handle_is_read_only_from_a_cache_that_is(host, cache):
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
  import sys

  ran = subprocess.run(
    ["unshare", "-rm", "sh", "-c"]
    + [f"{mount} && {sys.executable} -c '{code}' {host.url()}"],
    check=False,
    capture_output=True,
    text=True,
    cwd=pathlib.Path(__file__).parent.parent,
  )
  assert ran.stdout.strip().startswith(str(cache)), ran.stderr
  assert len(host.requests) == 1


def test_entries_are_listed_by_their_url(host):
  resolve(host.url("/b/1"), handles=QUICK)
  resolve(host.url("/a/1"), handles=QUICK)
  urls = [entry.url for entry in module_cache.entries()]
  assert urls == [host.url("/a/1"), host.url("/b/1")]
