import numpy as np

from hub_estimator import converting, testing
from hub_estimator.tensorflow_runtime import hub, tf
from tests.converting.both import step_in_session

COVERS = ("stored_graph",)
v2 = tf.compat.v2


def _two_tables(file):
  """Looks words up in a table from a file and in one from constants."""

  def module_fn():
    words = tf.placeholder(tf.string, [None], "words")
    from_file = tf.lookup.StaticHashTable(
      tf.lookup.TextFileInitializer(
        file,
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
      ),
      -1,
    )
    constant = tf.lookup.StaticHashTable(
      tf.lookup.KeyValueTensorInitializer(["a", "b"], [10.0, 20.0]), -10.0
    )
    scale = tf.get_variable("scale", [])
    ids, numbers = from_file.lookup(words), constant.lookup(words)
    hub.add_signature(
      inputs={"words": words},
      outputs={"ids": ids, "numbers": scale * numbers},
    )

  return module_fn


def _module(directory, words):
  directory.mkdir()
  file = directory / "words.txt"
  file.write_text("\n".join(words))
  return testing.export_module(str(directory / "m"), _two_tables(str(file)))


def test_each_loading_fills_the_tables(tmp_path):
  words = {"words": np.array(["b", "a", "?"], object)}
  paths = []
  # Both modules give their table the same name, with other words.
  for name, vocabulary in (("first", ["a", "b"]), ("second", ["b", "x", "a"])):
    module = _module(tmp_path / name, vocabulary)
    expected = step_in_session(module, words, training=False).outputs
    paths.append(
      (converting.convert(tmp_path / f"{name}_tf2", module), expected)
    )
  loaded = [v2.saved_model.load(path) for path, _ in paths]
  for model, (_, expected) in zip(loaded, paths, strict=True):
    for outputs in (
      model(tf.constant(["b", "a", "?"])),
      model.signatures["default"](words=tf.constant(["b", "a", "?"])),
    ):
      for key, value in expected.items():
        np.testing.assert_array_equal(outputs[key], value)
  assert [e["ids"].tolist() for _, e in paths] == [[1, 0, -1], [0, 2, -1]]


def test_the_file_is_an_asset(tmp_path):
  module = _module(tmp_path / "m", ["a", "b"])
  path = converting.convert(tmp_path / "tf2", module)
  asset = tmp_path / "tf2" / "assets" / "words.txt"
  assert asset.read_text() == "a\nb"
  asset.write_text("b\na")
  ids = v2.saved_model.load(path)(tf.constant(["a"]))["ids"]
  assert ids.numpy().tolist() == [1]
