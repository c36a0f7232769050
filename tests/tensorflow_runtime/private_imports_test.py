import importlib.util
import pathlib

import pytest

from tests.tensorflow_runtime.python import run


@pytest.mark.slow
def test_absent_pkg_resources_and_distutils_are_seen_by_their_importers_alone():
  # TensorFlow 2.15 to 2.17 import distutils themselves, and bring it.
  origin = importlib.util.find_spec("tensorflow").origin
  needed = "import distutils" in pathlib.Path(origin).read_text()
  absent = ["pkg_resources"] if needed else ["pkg_resources", "distutils"]
  out = run(f"""
    absent = {absent!r}
    import importlib.machinery
    import sys

    # As in a fresh environment of Python 3.13 with a current setuptools.
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
