"""A real server on loopback answers as the run predicts, whatever clients send."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import requests

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.model_dir import versions
from hub_estimator.serving import Limits, ModelServer
from tests.small_runs import make_experiment, replace

COVERS = ("app", "connections", "limits", "models", "requests")

X = np.random.default_rng(5).normal(size=(4, 4)).astype(np.float32)
LIMITS = Limits(body_mib=0.05, read_s=0.6, run_s=20)


@pytest.fixture(scope="module")
def run(dense, numbers_npz, tmp_path_factory):
  """The model_dir of a run with two kinds of exports, and its definition."""
  model_dir = tmp_path_factory.mktemp("run") / "run"
  experiment = make_experiment(
    dense, numbers_npz, exports=exporting.Exports(["latest", "final"])
  )
  runs.train(experiment, str(model_dir))
  return model_dir, experiment


def _serving(model_dir, limits=LIMITS):
  server = ModelServer(model_dir, port=0, limits=limits)
  thread = threading.Thread(target=server.serve, daemon=True)
  thread.start()
  return server, thread


@pytest.fixture(scope="module")
def url(run):
  server, thread = _serving(run[0])
  yield f"{server.url}/v1/models"
  server.stop()
  thread.join(10)
  assert not thread.is_alive()


def _post(url, body, **kwargs):
  data = body if isinstance(body, bytes) else json.dumps(body)
  return requests.post(url, data=data, timeout=30, **kwargs)


@pytest.mark.parametrize("name", ["latest", "final"])
def test_answers_are_the_predictions_of_the_run(url, run, name):
  predicted = runs.predict(str(run[0]), {"x": X}, experiment=run[1])
  rows = _post(
    f"{url}/{name}:predict", {"instances": [{"x": row} for row in X.tolist()]}
  ).json()["predictions"]
  bare = _post(f"{url}/{name}:predict", {"instances": X.tolist()}).json()
  columns = _post(f"{url}/{name}:predict", {"inputs": {"x": X.tolist()}}).json()
  assert bare["predictions"] == rows
  for key in ("logits", "probabilities", "class_ids"):
    found = [row[key] for row in rows]
    np.testing.assert_allclose(found, predicted[key], rtol=1e-6)
    np.testing.assert_allclose(columns["outputs"][key], predicted[key], 1e-6)
  assert columns["outputs"]["classes"] == [row["classes"] for row in rows]


def test_examples_are_classified_and_regressed(url, run):
  predicted = runs.predict(str(run[0]), {"x": X}, experiment=run[1])
  examples = [{"x": row} for row in X.tolist()]
  body = {"signature_name": "examples:classification", "examples": examples}
  result = _post(f"{url}/final:classify", body).json()["result"]
  assert [[name for name, _ in row] for row in result] == [["0", "1"]] * 4
  np.testing.assert_allclose(
    [[score for _, score in row] for row in result],
    predicted["probabilities"],
    rtol=1e-6,
  )
  body = {"signature_name": "examples:regression", "examples": examples}
  result = _post(f"{url}/final:regress", body).json()["result"]
  np.testing.assert_allclose(result, predicted["logistic"].ravel(), rtol=1e-6)


def test_a_context_holds_for_all_examples(url):
  body = {
    "signature_name": "examples:regression",
    "context": {"x": X[0].tolist()},
    "examples": [{}, {"x": X[1].tolist()}],
  }
  both = _post(f"{url}/final:regress", body).json()["result"]
  body = body | {"examples": [{"x": x} for x in X[:2].tolist()]}
  assert _post(f"{url}/final:regress", body).json()["result"] == both


def test_models_tell_versions_and_signatures(url, run):
  numbers = {
    kind: versions.numbers(run[0] / "export" / kind)[-1]
    for kind in ("final", "latest")
  }
  assert requests.get(url, timeout=5).json() == {
    "models": [{"name": k, "version": str(n)} for k, n in numbers.items()]
  }
  status = requests.get(f"{url}/final", timeout=5).json()
  (version,) = status["model_version_status"]
  assert version["version"] == str(numbers["final"])
  assert version["state"] == "AVAILABLE"
  at = f"{url}/final/versions/{numbers['final']}"
  assert requests.get(at, timeout=5).json() == status
  assert _post(f"{at}:predict", {"instances": X.tolist()}).ok
  metadata = requests.get(f"{at}/metadata", timeout=5).json()
  assert metadata["model_spec"]["name"] == "final"
  signatures = metadata["metadata"]["signature_def"]["signature_def"]
  x = signatures["serving_default"]["inputs"]["x"]
  assert x["dtype"] == "DT_FLOAT"
  assert [dim["size"] for dim in x["tensor_shape"]["dim"]] == ["-1", "4"]
  assert signatures["examples:classification"]["method_name"] == (
    "tensorflow/serving/classify"
  )


@pytest.mark.parametrize(
  "path, body, code, message",
  [
    ("final:predict", b"{", 400, "isn't JSON"),
    ("final:predict", b"\xff", 400, "isn't JSON"),
    ("final:predict", b"[" * 20_000, 400, "isn't JSON"),
    ("final:predict", [], 400, "must be a JSON object"),
    ("final:predict", {}, 400, 'either "instances"'),
    ("final:predict", {"instances": [[1]]}, 400, "float32 [None, 4] is wanted"),
    ("final:predict", {"inputs": {"y": 1}}, 400, "'y' is no input"),
    (
      "final:predict",
      {"instances": [1], "signature_name": "nope"},
      400,
      "no signature 'nope'",
    ),
    ("final:predict", {"signature_name": 3}, 400, "must be text"),
    (
      "final:predict",
      {"signature_name": "examples:predict", "instances": [{"b64": "AA=="}]},
      400,
      "Could not parse example",
    ),
    (
      "final:classify",
      {"examples": [{}]},
      400,
      '"signature_name" may be: examples:classification',
    ),
    (
      "final:classify",
      {"signature_name": "examples:classification", "examples": [1]},
      400,
      "objects of features",
    ),
    (
      "final:classify",
      {"signature_name": "examples:classification", "examples": [{"x": "a"}]},
      400,
      "x",
    ),
    (
      "final:classify",
      {"signature_name": "examples:classification", "examples": [{"x": 2**64}]},
      400,
      "beyond int64",
    ),
    ("nope:predict", {}, 404, "No model 'nope'; it has: final, latest."),
    ("final/versions/3:predict", {}, 404, "has no version 3"),
    ("final:explode", {}, 404, "ends in one of :predict"),
    ("final/x/y", {}, 404, "URLs are /v1/models/NAME"),
    ("final", {}, 405, "ends in one of :predict"),
  ],
)
def test_wrong_requests_get_one_line(url, path, body, code, message):
  answer = _post(f"{url}/{path}", body)
  assert answer.status_code == code
  error = answer.json()["error"]
  assert message in error
  assert "\n" not in error
  assert len(error) < 300


def test_a_huge_body_is_refused_before_it_is_read(url):
  answer = _post(f"{url}/final:predict", b"[" * 60_000)
  assert answer.status_code == 413
  assert "larger than 0.05 MiB" in answer.json()["error"]

  def endless():
    while True:
      yield b"[" * 10_000

  try:  # In chunks, without a length.
    answer = requests.post(f"{url}/final:predict", data=endless(), timeout=30)
    assert answer.status_code == 413
  except requests.ConnectionError:
    pass  # Closed while the client was sending.
  assert _post(f"{url}/final:predict", {"instances": X.tolist()}).ok


def _connected(url):
  host, port = url.split("/")[2].split(":")
  return socket.create_connection((host, int(port)), timeout=20)


@pytest.mark.parametrize(
  "sent, answer",
  [
    (b"", b""),
    (b"POST /v1/models/final:predict HTTP/1.1\r\nHost:", b""),
    (
      b"POST /v1/models/final:predict HTTP/1.1\r\nHost: x\r\n"
      b"Content-Length: 100\r\n\r\n{",
      b"HTTP/1.1 408",
    ),
  ],
)
def test_a_client_that_sends_nothing_more_is_let_go(url, sent, answer):
  with _connected(url) as client:
    client.sendall(sent)
    started = time.monotonic()
    found = b""
    while received := client.recv(4096):
      found += received
    assert found.startswith(answer)
    assert bool(found) == bool(answer)
    assert time.monotonic() - started < 10


def test_slow_clients_hold_no_other_up(run):
  server, thread = _serving(run[0], Limits(read_s=600))
  at = f"{server.url}/v1/models/final:predict"
  with _connected(at) as one, _connected(at) as other:
    one.sendall(b"POST /v1/models/final:predict HTTP/1.1\r\n")
    other.sendall(
      b"POST /v1/models/final:predict HTTP/1.1\r\nHost: x\r\n"
      b"Content-Length: 100\r\n\r\n{"
    )
    assert _post(at, {"instances": X.tolist()}).ok
  server.stop()
  thread.join(10)


def test_many_clients_get_their_own_answers(url, run):
  rng = np.random.default_rng(2)
  asked = [
    rng.normal(size=(n, 4)).astype(np.float32) for n in rng.integers(1, 5, 80)
  ]
  predicted = runs.predict(
    str(run[0]), {"x": np.concatenate(asked)}, experiment=run[1]
  )["logits"]
  with requests.Session() as session:

    def ask(x):
      answer = session.post(
        f"{url}/final:predict", json={"instances": x.tolist()}, timeout=30
      )
      return [row["logits"] for row in answer.json()["predictions"]]

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
      found = list(pool.map(ask, asked))
  np.testing.assert_allclose(np.concatenate(found), predicted, rtol=1e-5)


@pytest.mark.slow
def test_a_newer_version_is_taken_up_without_a_failure(run, tmp_path, caplog):
  model_dir = tmp_path / "run"
  shutil.copytree(run[0], model_dir)
  server, thread = _serving(model_dir)
  at = f"{server.url}/v1/models/latest"
  first = requests.get(at, timeout=5).text
  codes, stopped = set(), threading.Event()

  def ask():
    while not stopped.is_set():
      codes.add(_post(f"{at}:predict", {"instances": X.tolist()}).status_code)

  asking = threading.Thread(target=ask, daemon=True)
  asking.start()
  try:
    broken = model_dir / "export" / "latest" / "model" / "9999999999"
    broken.mkdir()  # Is passed over.
    _wait_until(lambda: "stays at version" in caplog.text)
    broken.rmdir()
    runs.train(replace(run[1], max_steps=40), str(model_dir))
    newest = versions.numbers(model_dir / "export" / "latest")[-1]
    _wait_until(lambda: f'"{newest}"' in requests.get(at, timeout=5).text)
  finally:
    stopped.set()
    asking.join()
    server.stop()
    thread.join(10)
  assert f'"{newest}"' not in first
  assert codes == {200}


def _wait_until(holds):
  deadline = time.monotonic() + 60
  while not holds():
    assert time.monotonic() < deadline
    time.sleep(0.1)


def test_what_cant_be_served_is_refused(run, tmp_path):
  with pytest.raises(UserError, match="No run at"):
    ModelServer(tmp_path / "nope", port=0)
  with pytest.raises(UserError, match="has no exported model yet"):
    ModelServer(tmp_path, port=0)
  with socket.create_server(("127.0.0.1", 0)) as taken:
    port = taken.getsockname()[1]
    with pytest.raises(UserError, match=f"127.0.0.1:{port}: .*in use"):
      ModelServer(run[0], port=port)
  with pytest.raises(UserError, match="70000"):
    ModelServer(run[0], port=70000)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_finishes_its_requests_and_ends(run, number):
  process = subprocess.Popen(
    [
      sys.executable,
      "-m",
      "hub_estimator.trainers.main",
      "serve",
      str(run[0]),
      "--port=0",
    ],
    stdout=subprocess.PIPE,
    text=True,
    env={**os.environ, "PYTHONPATH": str(pathlib.Path.cwd())},
  )
  lines = [process.stdout.readline() for _ in range(3)]
  url = lines[0].strip()
  assert url.endswith("/v1/models/final:predict")
  assert lines[2].startswith(f"serving {run[0]} at http://127.0.0.1:")
  assert _post(url, {"instances": X.tolist()}).ok
  body = json.dumps({"instances": X.tolist()}).encode()
  with _connected(url) as client:
    client.sendall(
      b"POST /v1/models/final:predict HTTP/1.1\r\nHost: x\r\n"
      + f"Content-Length: {len(body)}\r\n\r\n".encode()
      + body[:5]
    )
    time.sleep(0.2)
    process.send_signal(number)
    time.sleep(0.3)
    client.sendall(body[5:])
    assert client.recv(4096).startswith(b"HTTP/1.1 200")
  assert process.wait(30) == 0
