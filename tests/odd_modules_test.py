"""Unusual modules: every verb that takes a handle gives an answer."""

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest
from hub_estimator.trainers import main as command

from hub_estimator import testing
from hub_estimator.tensorflow_runtime import hub, tf


def _video():
  """No signature "default", rank 5 in and out, eleven outputs, no variables."""
  x = tf.placeholder(tf.float32, [None, 2, 3, 3, 1])
  outputs = {f"layer_{i}": x * float(i) for i in range(11)}
  hub.add_signature("video", inputs={"clip": x}, outputs=outputs)


def _frozen():
  """A module without trainable variables."""
  x = tf.placeholder(tf.float32, [None, 4])
  kernel = tf.get_variable("kernel", [4, 2], trainable=False)
  hub.add_signature(inputs={"x": x}, outputs=tf.matmul(x, kernel))


def _described():
  """A signature without inputs beside one with two of different dtypes."""
  x = tf.placeholder(tf.float64, [None, None])
  n = tf.placeholder(tf.int32, [None])
  hub.add_signature(
    inputs={"x": x, "n": n},
    outputs={"default": tf.cast(tf.reduce_sum(x, 1), tf.int32) + n},
  )
  hub.add_signature("about", inputs={}, outputs={"version": tf.constant(7)})


def _sparse():
  x = tf.sparse_placeholder(tf.float32, [None, 9])
  hub.add_signature(
    inputs={"x": x},
    outputs={"default": tf.sparse.reduce_sum(x, 1), "same": x},
  )


ROWS = {
  "video": json.dumps({"clip": np.ones((2, 3, 3, 1)).tolist()}) + "\n",
  "frozen": '{"x": [1, 2, 3, 4]}\n',
  "described": '{"n": 3, "x": [1, 2, 3]}\n',
}


@pytest.fixture(params=[_video, _frozen, _described, _sparse])
def made(request, tmp_path):
  name = request.param.__name__[1:]
  if name == "frozen":
    return name, testing.export_module(str(tmp_path / name), request.param)
  with tf.Graph().as_default(), tf.Session() as session:
    spec = hub.create_module_spec(request.param)
    hub.Module(spec).export(str(tmp_path / name), session)
  return name, str(tmp_path / name)


def test_inspect_and_lint_answer(made, capsys):
  name, path = made
  for argv in (["inspect"], ["inspect", "--json"], ["inspect", "--gin"]):
    assert command.main([*argv, path]) == 0
    assert path in capsys.readouterr().out
  assert command.main(["lint", path]) == 0
  printed = capsys.readouterr().out
  assert ("there is no 'default', only video" in printed) == (name == "video")


def test_apply_gives_rows_or_one_line(made, tmp_path, capsys):
  name, path = made
  source, target = tmp_path / "rows.jsonl", tmp_path / "out.npz"
  source.write_text(ROWS.get(name, '{"x": 1}\n') * 3)
  code = command.main(
    ["apply", path, "--input", str(source), "--output", str(target)]
    + (["--signature", "video"] if name == "video" else [])
  )
  err = capsys.readouterr().err
  if name == "sparse":
    assert code == 2
    assert err.count("\n") == 1 and "sparse" in err, err
    return
  assert code == 0, err
  with np.load(target) as file:
    if name == "video":
      assert len(file.files) == 11
      np.testing.assert_array_equal(
        file["layer_10"], np.full((3, 2, 3, 3, 1), 10.0)
      )
    elif name == "frozen":
      assert file["default"].shape == (3, 2)
    else:
      assert file["default"].tolist() == [9, 9, 9]


_FOLDING = """
import sys
from hub_estimator.tensorflow_runtime import hub, tf
import tensorflow_text
def module_fn():
  words = tf.placeholder(tf.string, [None])
  hub.add_signature(inputs=words, outputs=tensorflow_text.case_fold_utf8(words))
with tf.Graph().as_default(), tf.Session() as session:
  hub.Module(hub.create_module_spec(module_fn)).export(sys.argv[1], session)
"""


# Each command's exit code, output and errors, perhaps without tensorflow-text.
_COMMANDS = """
import contextlib, io, json, sys
if sys.argv[2] == "without":
  sys.modules["tensorflow_text"] = None
from hub_estimator.trainers import main
told = []
for argv in json.loads(sys.argv[1]):
  out, err = io.StringIO(), io.StringIO()
  with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
    code = main.main(argv)
  told.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""


def _told(commands, text):
  ran = subprocess.run(
    [sys.executable, "-c", _COMMANDS, json.dumps(commands), text],
    check=True,
    stdout=subprocess.PIPE,
    text=True,
  )
  return json.loads(ran.stdout.splitlines()[-1])


@pytest.mark.slow
def test_missing_ops_are_named(tmp_path):
  """Runs in processes of its own: tensorflow-text can't be unloaded."""

  if importlib.util.find_spec("tensorflow_text") is None:
    pytest.skip("tensorflow-text isn't installed")
  subprocess.run([sys.executable, "-c", _FOLDING, f"{tmp_path}/m"], check=True)
  (tmp_path / "a.csv").write_text("w\nA\n")
  module = str(tmp_path / "m")
  files = ["--input", f"{tmp_path}/a.csv", "--output", f"{tmp_path}/o.jsonl"]
  applied = ["apply", module, *files]
  inspected, refused = _told([["inspect", module], applied], "without")
  code, out, err = inspected
  assert (code, err) == (0, "")
  assert "missing ops  CaseFoldUTF8" in out
  code, _, err = refused
  assert code == 2
  assert "come with tensorflow-text: pip install 'hub-estimator[text]'" in err
  inspected, linted, done = _told(
    [["inspect", module], ["lint", module], [*applied, "--safe"]], "with"
  )
  assert "missing ops" not in inspected[1]
  assert (
    "custom_ops: graph: TensorFlow alone lacks these ops: CaseFold"
    in (linted[1])
  )
  code, _, err = done
  assert code == 0, err
  assert json.loads((tmp_path / "o.jsonl").read_text()) == {"default": "a"}
