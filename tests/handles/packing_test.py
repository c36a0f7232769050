import functools
import http.server
import pathlib
import shutil
import subprocess
import sys
import tarfile
import threading

import pytest

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.handles import packing
from hub_estimator.model_dir import versions
from hub_estimator.tensorflow_runtime import hub, tf
from tests.small_runs import make_experiment

SAME_CHECKPOINT_AGAIN = """
import sys
from hub_estimator.tensorflow_runtime import tf
sys.path.insert(0, sys.argv[1])
from hub_estimator import exporting
from hub_estimator.handles import packing
from hub_estimator import runs
from tests.small_runs import make_experiment
e = make_experiment(sys.argv[2], sys.argv[3], exports=exporting.Exports(), max_steps=10)
version = runs.export(sys.argv[4], experiment=e)
print(packing.pack_version(version)[0])
"""


@pytest.fixture(scope="module")
def run(batch_norm, numbers_npz, tmp_path_factory):
  path = tmp_path_factory.mktemp("run")
  experiment = make_experiment(
    batch_norm, numbers_npz, exports=exporting.Exports(), max_steps=10
  )
  runs.train(experiment, str(path))
  return experiment, path


def _packed(run):
  base = run[1] / "export" / "latest"
  (packed,) = packing.pack_version(
    versions.find(base, versions.numbers(base)[-1])
  )
  return packed


@pytest.mark.slow
def test_the_same_checkpoint_packs_to_the_same_bytes(
  run, batch_norm, numbers_npz, tmp_path
):
  packed = _packed(run)
  copy = tmp_path / "run"
  shutil.copytree(run[1], copy)
  root = str(pathlib.Path(__file__).parent.parent.parent)
  done = subprocess.run(
    [
      sys.executable,
      "-c",
      SAME_CHECKPOINT_AGAIN,
      root,
      batch_norm,
      numbers_npz,
      str(copy),
    ],
    capture_output=True,
    text=True,
    check=True,
    env={"PYTHONHASHSEED": "12", "PATH": "/usr/bin:/bin"},
  )
  again = pathlib.Path(done.stdout.strip().splitlines()[-1])
  assert again.parent.name != packed.parent.name
  assert again.read_bytes() == packed.read_bytes()


def test_the_root_of_the_archive_is_the_modules_root(run):
  with tarfile.open(_packed(run)) as archive:
    names = archive.getnames()
    assert "./tfhub_module.pb" in names
    assert "./saved_model.pb" in names
    assert "./assets.extra/manifest.json" in names
    assert {(m.mtime, m.uid, m.gid) for m in archive.getmembers()} == {
      (0, 0, 0)
    }


def test_a_url_that_serves_it_is_a_handle(run, tmp_path, monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
  handler = functools.partial(
    http.server.SimpleHTTPRequestHandler, directory=str(_packed(run).parent)
  )
  with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/module.tar.gz"
    with tf.Graph().as_default(), tf.Session() as session:
      module = hub.Module(url, tags={"train"})
      session.run(tf.global_variables_initializer())
      assert len(session.run(module.variable_map)) == 4
    server.shutdown()


def test_a_version_without_modules_has_nothing_to_pack(tmp_path):
  with pytest.raises(UserError, match="no modules to pack"):
    packing.pack_version(versions.Version(1, tmp_path, None))
