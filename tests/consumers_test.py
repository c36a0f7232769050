"""Exports, read by other loaders, other TensorFlows and servers."""

import importlib.metadata
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from hub_estimator import exporting, runs
from hub_estimator.tensorflow_runtime import TENSORFLOW_VERSION, tf
from tests.small_runs import make_experiment

ROOT = pathlib.Path(__file__).parent.parent
SENTENCES = ["good film", "the bad", "", "unknown ☃"]
X = np.random.default_rng(5).normal(size=(4, 4)).astype(np.float32)


@pytest.fixture(scope="module")
def exports(batch_norm, text, numbers_npz, sentences_csv, tmp_path_factory):
  """Returns the exports of a run on numbers and of one on text, by kind."""
  made = {}
  for kind, handle, data, feature, values in (
    ("numbers", batch_norm, numbers_npz, "x", X),
    ("text", text, sentences_csv, "sentence", SENTENCES),
  ):
    path = tmp_path_factory.mktemp(kind)
    experiment = make_experiment(
      handle, data, exports=exporting.Exports(["final"]), max_steps=10
    )
    version = runs.train(experiment, str(path)).exports["final"]
    with tf.Graph().as_default(), tf.Session() as session:
      loaded = tf.saved_model.load(
        session, ["serve"], str(path / version["model"])
      )
      signature = loaded.signature_def["serving_default"]
      predictions = session.run(
        signature.outputs["logits"].name,
        {signature.inputs[feature].name: values},
      )
    made[kind] = {
      "model": str(path / version["model"]),
      "module": str(path / version["module"] / "module"),
      "feature": feature,
      "values": np.asarray(values).tolist(),
      "predictions": predictions.tolist(),
    }
  return made


# Other environments run this with plain TensorFlow and Hub; only `prelude` imports
# anything from this package.
READ = """
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
{prelude}
made = json.loads(sys.argv[1])
for kind, export in made.items():
  values = export["values"]
  if kind == "numbers":
    values = np.array(values, np.float32)
  {read}
print("read", len(made))
"""

READ_EAGERLY = """
  loaded = tf.saved_model.load(export["model"])
  fed = {export["feature"]: tf.constant(values)}
  got = loaded.signatures["serving_default"](**fed)["logits"]
  np.testing.assert_allclose(got, export["predictions"], rtol=1e-4, atol=1e-5)

  module = hub.load(export["module"])
  want = module.signatures["default"](tf.constant(values))["default"]
  layer = hub.KerasLayer(export["module"], signature="default", output_key="default")
  np.testing.assert_allclose(layer(tf.constant(values)), want, rtol=1e-5)
  train = [] if kind == "text" else ["train"]
  hub.load(export["module"], tags=train)
"""

READ_WITH_HUB_MODULE = """
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], export["model"])
    signature = loaded.signature_def["serving_default"]
    got = session.run(
      signature.outputs["logits"].name,
      {signature.inputs[export["feature"]].name: values},
    )
    np.testing.assert_allclose(got, export["predictions"], rtol=1e-4, atol=1e-5)
  for tags in [set()] if kind == "text" else [set(), {"train"}]:
    with tf.Graph().as_default(), tf.Session() as session:
      output = hub.Module(export["module"], tags=tags)(values)
      session.run([tf.global_variables_initializer(), tf.tables_initializer()])
      assert np.isfinite(session.run(output)).all()
"""


def _read(python, exports, prelude, read, path="") -> None:
  """Runs READ in another interpreter and checks that it read all exports."""
  code = READ.format(
    prelude=prelude, read=textwrap.dedent(read).replace("\n", "\n  ")
  )
  done = subprocess.run(
    [python, "-c", code, json.dumps(exports)],
    capture_output=True,
    text=True,
    check=False,
    env={**os.environ, "PYTHONPATH": path, "TF_USE_LEGACY_KERAS": "1"},
  )
  assert done.returncode == 0, done.stderr[-3000:]
  assert done.stdout.splitlines()[-1] == "read 2"


@pytest.mark.slow
def test_the_last_tensorflow_hub_loads_exports(exports, tmp_path):
  subprocess.run(
    [
      *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
      *("--target", str(tmp_path), "tensorflow-hub==0.16.1"),
    ],
    check=True,
  )
  if importlib.util.find_spec("pkg_resources") is None:
    # 0.16.1 imports it; its own environment would have an old setuptools.
    (tmp_path / "pkg_resources.py").write_text(
      "from packaging.version import parse as parse_version\n"
    )
  _read(
    sys.executable,
    exports,
    "import tensorflow as tf, tensorflow_hub as hub\n"
    "assert hub.__version__ == '0.16.1'\n"
    "assert not hasattr(hub, 'Module')",
    READ_EAGERLY,
    path=str(tmp_path),
  )


@pytest.mark.slow
def test_the_other_supported_tensorflow_reads_exports(exports):
  other = ROOT / (".venv" if TENSORFLOW_VERSION == (2, 15) else ".venv-oldest")
  python = other / "bin" / "python"
  if not python.exists():
    pytest.skip(
      f"{other} doesn't exist; make test-oldest or make test creates it"
    )
  _read(
    str(python),
    exports,
    "from hub_estimator.tensorflow_runtime import TENSORFLOW_VERSION, hub, tf\n"
    f"assert TENSORFLOW_VERSION != {TENSORFLOW_VERSION!r}",
    READ_WITH_HUB_MODULE,
    path=str(ROOT),
  )


@pytest.mark.slow
def test_a_request_of_tensorflow_serving_fits_the_signatures(exports, tmp_path):
  """Feeds a client's PredictRequest to the loaded signatures."""
  version = importlib.metadata.version("tensorflow")
  if version.startswith("2.15"):
    version = "2.15.1"
  installed = subprocess.run(
    [
      *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
      *("--target", str(tmp_path), f"tensorflow-serving-api=={version}"),
    ],
    capture_output=True,
    text=True,
    check=False,
  )
  assert installed.returncode == 0, installed.stderr
  _read(
    sys.executable,
    exports,
    "import tensorflow as tf\n"
    "from tensorflow_serving.apis import predict_pb2\n"
    "tf = tf.compat.v1",
    """
  request = predict_pb2.PredictRequest()
  request.model_spec.name = "m"
  request.model_spec.signature_name = "serving_default"
  request.inputs[export["feature"]].CopyFrom(tf.make_tensor_proto(values))
  request = predict_pb2.PredictRequest.FromString(request.SerializeToString())
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], export["model"])
    signature = loaded.signature_def[request.model_spec.signature_name]
    assert set(signature.inputs) == set(request.inputs)
    outputs = session.run(
      {k: info.name for k, info in signature.outputs.items()},
      {
        signature.inputs[k].name: tf.make_ndarray(proto)
        for k, proto in request.inputs.items()
      },
    )
  response = predict_pb2.PredictResponse()
  for k, value in outputs.items():
    response.outputs[k].CopyFrom(tf.make_tensor_proto(value))
  response = predict_pb2.PredictResponse.FromString(response.SerializeToString())
  got = tf.make_ndarray(response.outputs["logits"])
  np.testing.assert_allclose(got, export["predictions"], rtol=1e-4, atol=1e-5)
""",
    path=str(tmp_path),
  )


@pytest.mark.slow
def test_every_signature_of_the_heads_is_served(exports):
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(
      session, ["serve"], exports["numbers"]["model"]
    )
    signatures = loaded.signature_def
    assert {
      "serving_default",
      "predict",
      "examples:classification",
      "examples:regression",
      "examples:predict",
    } <= set(signatures)
    examples = [
      tf.train.Example(
        features=tf.train.Features(
          feature={
            "x": tf.train.Feature(float_list=tf.train.FloatList(value=row))
          }
        )
      ).SerializeToString()
      for row in X
    ]
    for name, method in (
      ("examples:classification", "tensorflow/serving/classify"),
      ("examples:regression", "tensorflow/serving/regress"),
      ("examples:predict", "tensorflow/serving/predict"),
    ):
      signature = signatures[name]
      assert signature.method_name == method
      (fed,) = signature.inputs.values()
      got = session.run(
        {k: info.name for k, info in signature.outputs.items()},
        {fed.name: examples},
      )
      assert all(len(value) == 4 for value in got.values())
