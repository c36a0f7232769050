"""The code of docs/leaving.md runs, from its first line to its last."""

import pathlib
import re
import subprocess
import sys

import pytest

PAGE = pathlib.Path(__file__).parent.parent / "docs" / "leaving.md"

pytestmark = [pytest.mark.newest, pytest.mark.slow]


def test_the_page_runs(tmp_path):
  """Runs in a process of its own: it imports both versions of Keras."""
  blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
  assert len(blocks) == 4
  checks = """
before = [v.numpy() for v in module.variables]
again = tf.saved_model.load("modules/words_tuned")
assert len(again.regularization_losses) == 1
assert all((a == v.numpy()).all() for a, v in zip(before, again.variables))
fresh = tf.saved_model.load("modules/words_tf2")
(weight,) = layer.trainable_weights
assert (fresh.trainable_variables[0].numpy() != before[0]).any()
assert (fresh.trainable_variables[0].numpy() != weight.numpy()).any()
assert (layer.module.trainable_variables[0].numpy() == weight.numpy()).all()
layer(sentences, training=True)
assert len(layer.losses) == 1
expected = model.predict(sentences, verbose=0)
model.save("model.keras")
again = keras.models.load_model("model.keras", {"HubModule": HubModule})
assert (again.predict(sentences, verbose=0) == expected).all()
"""
  code = "\n".join([*blocks, checks])
  done = subprocess.run(
    [sys.executable, "-c", code],
    cwd=tmp_path,
    check=False,
    capture_output=True,
    text=True,
  )
  assert done.returncode == 0, done.stderr[-3000:]
