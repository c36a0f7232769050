import importlib.util
import pathlib
import subprocess
import sys
import textwrap

import pytest

from hub_estimator import tensorflow_runtime


@pytest.mark.parametrize("version", ["2.15.1", "2.16.2", "2.19.1", "2.21.0"])
def test_supported_versions_pass(version):
  major, minor = tensorflow_runtime.check_version(version)
  assert f"{major}.{minor}" == version.rsplit(".", 1)[0]


@pytest.mark.parametrize(
  "version", ["1.15.5", "2.14.1", "2.20.0", "2.22.0", "3.0.0-rc1"]
)
def test_unsupported_versions_get_one_line(version):
  with pytest.raises(
    tensorflow_runtime.UnsupportedTensorFlowError, match="works with 2.15.1"
  ) as caught:
    tensorflow_runtime.check_version(version)
  assert version in str(caught.value)
  assert "\n" not in str(caught.value)


def _run(code: str) -> str:
  done = subprocess.run(
    [sys.executable, "-c", textwrap.dedent(code)],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return done.stdout


def test_absent_pkg_resources_and_distutils_are_seen_by_their_importers_alone():
  # TensorFlow 2.15 to 2.17 import distutils themselves, and bring it.
  origin = importlib.util.find_spec("tensorflow").origin
  needed = "import distutils" in pathlib.Path(origin).read_text()
  absent = ["pkg_resources"] if needed else ["pkg_resources", "distutils"]
  out = _run(f"""
    absent = {absent!r}
    import importlib.machinery
    import sys

    # As in a fresh environment of Python 3.13 with a setuptools of today.
    find = importlib.machinery.PathFinder.find_spec.__func__
    def find_spec(cls, name, path=None, target=None):
      if name.split(".")[0] in absent:
        return None
      return find(cls, name, path, target)
    importlib.machinery.PathFinder.find_spec = classmethod(find_spec)
    if "distutils" in absent:
      sys.meta_path[:] = [
        f for f in sys.meta_path if "distutils" not in type(f).__name__.lower()
      ]

    from hub_estimator.tensorflow_runtime import hub
    import gin.tf
    print(hub.Module.__name__, gin.tf.GinConfigSaverHook.__name__)
    for name in absent:
      assert name not in sys.modules, name
      try:
        __import__(name)
      except ImportError:
        print(name)
  """)
  assert out.split() == ["Module", "GinConfigSaverHook", *absent]


def test_no_attribute_of_tensorflow_python_is_changed_by_the_import():
  out = _run("""
    import os
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    import sys
    import importlib.metadata
    if importlib.metadata.version("tensorflow").startswith("2.15."):
      del os.environ["TF_USE_LEGACY_KERAS"]
    import tensorflow
    def state():
      return {
        (name, key): id(value)
        for name, module in list(sys.modules.items())
        if name.startswith("tensorflow.python.") and module is not None
        for key, value in list(vars(module).items())
      }
    before = state()
    import hub_estimator.tensorflow_runtime as runtime
    after = state()
    changed = [k for k in before if k in after and after[k] != before[k]]
    # Importing a submodule binds it in its package, and nothing else may move.
    changed = [k for k in changed if ".".join(k) not in sys.modules]
    print(changed)
    if runtime.TENSORFLOW_VERSION == (2, 15):
      print([f for f in sys.meta_path if "_StandIn" in type(f).__name__])
    else:
      print([])
  """)
  assert out.splitlines() == ["[]", "[]"]


@pytest.mark.skipif(
  tensorflow_runtime.TENSORFLOW_VERSION == (2, 15), reason="2.15 has all of it"
)
def test_a_tpu_stand_in_raises_only_when_it_is_used():
  from tensorflow.python.tpu import tpu_embedding

  with pytest.raises(NotImplementedError, match="TPU embeddings"):
    tpu_embedding.AdamParameters(0.1)


@pytest.mark.skipif(
  tensorflow_runtime.TENSORFLOW_VERSION == (2, 15), reason="2.15 has all of it"
)
def test_a_distribution_strategy_is_refused_with_the_way_that_works():
  tf = tensorflow_runtime.tf
  with pytest.raises(
    ValueError, match="TF_CONFIG cluster of chief, worker and ps"
  ):
    tensorflow_runtime.estimator.RunConfig(
      train_distribute=tf.distribute.OneDeviceStrategy("cpu:0")
    )
