import pytest

from tests.tensorflow_runtime.python import run


@pytest.mark.slow
def test_no_attribute_of_tensorflow_python_is_changed_by_the_import():
  out = run("""
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
    # Importing a submodule binds it in its package; nothing else may change.
    changed = [k for k in changed if ".".join(k) not in sys.modules]
    print(changed)
    if runtime.TENSORFLOW_VERSION == (2, 15):
      print([f for f in sys.meta_path if "StandIn" in type(f).__name__])
    else:
      print([])
    assert runtime.tf is tensorflow.compat.v1
    assert tensorflow.compat.v2.estimator.Estimator is (
      runtime.estimator.Estimator
    )
  """)
  assert out.splitlines() == ["[]", "[]"]
