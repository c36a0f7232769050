"""`tf.contrib` serves what moved, and names what replaces the rest."""

import pathlib

import pytest

from hub_estimator.errors import UserError
from hub_estimator.scripts import contrib_names
from hub_estimator.scripts.contrib import Contrib
from hub_estimator.tensorflow_runtime import estimator, tf

# Files of the room that these tests cover, beside their own.
COVERS = ("contrib_names", "gone")


def test_every_name_that_moved_is_where_it_moved_to():
  contrib = Contrib()
  for name in contrib_names.MOVED:
    found = contrib
    for part in name.split("."):
      found = getattr(found, part)
    assert found is not None
  assert contrib.data.map_and_batch is tf.data.experimental.map_and_batch
  assert contrib.estimator.add_metrics is estimator.add_metrics
  assert contrib.framework.nest is tf.nest


@pytest.mark.parametrize(
  "name, instead",
  [
    ("layers.real_valued_column", "use tf.feature_column.numeric_column"),
    ("layers.no_such_thing", "tf-slim, which has most of it"),
    ("learn.learn_runner", "use tf.estimator.train_and_evaluate"),
    ("learn.ModeKeys", "INFER is PREDICT"),
    ("quantize.create_training_graph", "quantize the export with tf.lite"),
    ("tpu.rewrite", "look for it in tf.estimator.tpu and tf.tpu"),
    ("no_such_thing", "knows no replacement"),
  ],
)
def test_what_is_gone_gets_one_line_with_its_place(name, instead):
  module, _, attribute = name.rpartition(".")
  contrib = getattr(Contrib(), module) if module else Contrib()
  with pytest.raises(UserError, match=instead) as raised:
    getattr(contrib, attribute)
  message = str(raised.value)
  assert len(message.splitlines()) == 1
  file, line, rest = message.split(":", 2)
  source = pathlib.Path(file).read_text().splitlines()[int(line) - 1]
  assert source.strip() == "getattr(contrib, attribute)"
  assert rest.startswith(f" tf.contrib.{name} isn't in TensorFlow 2: ")
  assert not hasattr(contrib, attribute)


def test_every_replacement_in_tensorflow_exists():
  for name, instead in contrib_names.REPLACED.items():
    words = instead.replace("(", " ").replace(",", " ").replace(";", " ")
    for word in words.split():
      if word.startswith("tf.") and word != "tf.lite":
        found = tf
        for part in word.split(".")[1:]:
          assert hasattr(found, part), (name, word)
          found = getattr(found, part)
