import importlib.util
import json
import subprocess
import sys

import pytest

from hub_estimator.modules import custom_ops

_NEW_OPS = """
import hub_estimator.tensorflow_runtime, json
from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session as session

def ops():
  listed = session.TF_GetBuffer(session.TF_GetAllOpList())
  return {op.name for op in op_def_pb2.OpList.FromString(listed).op}

before = ops()
from hub_estimator.modules import custom_ops
missing = ["CaseFoldUTF8", "Conv2D", "OfNobody"]
still = custom_ops.register(missing)
print(json.dumps([sorted(ops() - before), still]))
"""


def test_the_package_of_an_op_is_found_by_name_or_prefix():
  assert custom_ops.package_of("MyOwnOp") is None
  assert custom_ops.package_of("MaxSpanningTree") == "tensorflow-text"
  assert custom_ops.package_of("TFText>OfTomorrow") == "tensorflow-text"
  assert custom_ops.package_of("IO>ReadArrow") == "tensorflow-io"


@pytest.mark.slow
def test_an_installed_package_is_imported_and_all_its_ops_are_known():
  """Runs in a process of its own: tensorflow-text can't be unloaded."""
  if importlib.util.find_spec("tensorflow_text") is None:
    pytest.skip("tensorflow-text isn't installed")
  ran = subprocess.run(
    [sys.executable, "-c", _NEW_OPS],
    check=True,
    stdout=subprocess.PIPE,
    text=True,
  )
  registered, still = json.loads(ran.stdout.splitlines()[-1])
  assert still == ["OfNobody"]
  assert len(registered) > 30
  others = [op for op in registered if custom_ops.package_of(op) is None]
  assert others == []


def test_the_advice_names_the_extra_and_what_safe_configs_may_not_import(
  monkeypatch,
):
  monkeypatch.setitem(sys.modules, "tensorflow_text", None)
  assert "pip install 'hub-estimator[text]' (" in custom_ops.how_to_register(
    ["RougeL"]
  )
  monkeypatch.setitem(sys.modules, "tensorflow_io", None)
  assert "pip install tensorflow-io (" in custom_ops.how_to_register(["IO>X"])
  monkeypatch.setenv("HUB_ESTIMATOR_SAFE", "1")
  assert "--safe doesn't import tensorflow-io" in custom_ops.how_to_register(
    ["IO>X"]
  )
  assert custom_ops.register(["IO>X"]) == ["IO>X"]
