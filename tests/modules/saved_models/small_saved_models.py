"""Small SavedModels of TensorFlow 2, and their application as modules."""

import numpy as np
import tensorflow

from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import hub, tf


def save_module(path, function, *specs, **attributes) -> str:
  """Saves a tf.Module that calls `function(module, ...)`; returns `path`."""
  module = tensorflow.Module()
  for name, value in attributes.items():
    setattr(module, name, value)
  module.__call__ = tensorflow.function(
    lambda *tensors: function(module, *tensors), input_signature=specs
  )
  tensorflow.saved_model.save(module, str(path))
  return str(path)


def save_text_model(tmp_path) -> str:
  words = tmp_path / "words.txt"
  words.write_text("good\nbad\nfilm\n")
  table = tensorflow.lookup.StaticVocabularyTable(
    tensorflow.lookup.TextFileInitializer(
      str(words),
      tensorflow.string,
      tensorflow.lookup.TextFileIndex.WHOLE_LINE,
      tensorflow.int64,
      tensorflow.lookup.TextFileIndex.LINE_NUMBER,
    ),
    1,
  )
  values = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)

  def embed(module, sentences):
    tokens = tensorflow.strings.split(sentences)
    ids = tokens.with_flat_values(module.table.lookup(tokens.flat_values))
    return tensorflow.reduce_sum(
      tensorflow.gather(module.embeddings, ids), axis=1
    )

  path = save_module(
    tmp_path / "text",
    embed,
    tensorflow.TensorSpec([None], tensorflow.string),
    table=table,
    embeddings=tensorflow.Variable(values, name="embeddings"),
  )
  words.unlink()
  return path


def apply_module(handle, inputs, signature="default", tags=()):
  info = read_module_info(handle)
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(info.spec, tags=set(tags))
    outputs = module(inputs, signature=signature, as_dict=True)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(outputs)
