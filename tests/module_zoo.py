"""Modules after those that people have published, small enough for tests."""

import os
import tempfile

from hub_estimator import testing
from hub_estimator.tensorflow_runtime import hub, tf
from tests import sentencepiece_models


def vae(path: str, *, seed: int | None = None) -> str:
  """A variational auto-encoder: its code, a sample of it, and reconstructions.

  It maps x float32 [N, 4] to "default", the mean, "stddev", and the samples
  "rawsample" and "reconstructions:x".
  """

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    hidden = tf.tanh(_dense(x, 5, "hidden"))
    mean = _dense(hidden, 3, "mean")
    stddev = tf.nn.softplus(_dense(hidden, 3, "stddev"))
    sample = mean + stddev * tf.random.normal(tf.shape(mean), seed=seed)
    hub.add_signature(
      inputs={"x": x},
      outputs={
        "default": mean,
        "stddev": stddev,
        "rawsample": sample,
        "reconstructions:x": _dense(sample, 4, "decoder"),
      },
    )

  return testing.export_module(os.fspath(path), module_fn)


def gan(path: str, *, size: int = 4, static_input: bool = True) -> str:
  """A generator that takes batches of one size alone, told by its tags.

  It maps z float32 [size, 4] to images float32 [size, 2, 3, 1]. Each image also
  depends on nothing but its own z.
  """

  def module_fn():
    z = tf.placeholder(tf.float32, [size if static_input else None, 4])
    images = tf.reshape(tf.tanh(_dense(z, 6, "generator")), [size, 2, 3, 1])
    hub.add_signature(inputs={"z": z}, outputs=images)

  tags = {"gen", f"bs{size}"}
  return testing.export_module(
    os.fspath(path), module_fn, tags_and_args=[(tags, {})]
  )


def segmenter(path: str) -> str:
  """A splitter of texts: all words of all texts, one after the other.

  It maps text string [N] to "tokens" string [words] and "vector" float32 [N, 2].
  """

  def module_fn():
    text = tf.placeholder(tf.string, [None])
    tokens = tf.string_split(text).values
    lengths = tf.cast(tf.strings.length(text), tf.float32)[:, tf.newaxis]
    scale = tf.get_variable("scale", [1, 2], initializer=tf.ones_initializer())
    hub.add_signature(
      inputs={"text": text},
      outputs={"tokens": tokens, "vector": lengths * scale},
    )

  return testing.export_module(os.fspath(path), module_fn)


def masked_tokens(path: str) -> str:
  """A BERT with its signature "mlm", whose rows are positions, not texts.

  "tokens" and "mlm" share their variables.
  """
  with tempfile.TemporaryDirectory() as scratch:
    vocabulary = os.path.join(scratch, "vocab.txt")
    with open(vocabulary, "w", encoding="utf-8") as file:
      file.write("[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\nbad\n")

    def module_fn():
      vectors = tf.get_variable("vectors", [6, 4])
      for name in ("mlm", "tokens"):
        names = ("input_ids", "input_mask", "segment_ids")
        inputs = {n: tf.placeholder(tf.int32, [None, None]) for n in names}
        mask = tf.cast(inputs["input_mask"], tf.float32)[:, :, tf.newaxis]
        sequence = tf.nn.embedding_lookup(vectors, inputs["input_ids"]) * mask
        outputs = {
          "pooled_output": tf.reduce_sum(sequence, axis=1),
          "sequence_output": sequence,
        }
        if name == "mlm":
          inputs["mlm_positions"] = tf.placeholder(tf.int32, [None, None])
          flat = tf.reshape(sequence, [-1, 4])
          rows = tf.reshape(inputs["mlm_positions"], [-1])
          outputs["mlm_logits"] = tf.matmul(
            tf.gather(flat, rows), vectors, transpose_b=True
          )
        hub.add_signature(name, inputs=inputs, outputs=outputs)
      asset = tf.constant(vocabulary)
      tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
      hub.add_signature(
        "tokenization_info",
        inputs={},
        outputs={"vocab_file": asset, "do_lower_case": tf.constant(True)},
      )

    return testing.export_module(os.fspath(path), module_fn)


def style(path: str, *, signatures: int = 26) -> str:
  """A style vector of images, with signatures from "a" on and no "default"."""

  def module_fn():
    for name in "abcdefghijklmnopqrstuvwxyz"[:signatures]:
      images = tf.placeholder(tf.float32, [None, 8, 8, 3])
      scale = tf.get_variable(f"scale_{name}", [3])
      vector = tf.reduce_mean(images, [1, 2]) * scale
      hub.add_signature(
        name, inputs={"images": images}, outputs={"style": vector}
      )

  return testing.export_module(os.fspath(path), module_fn)


def likelihood(path: str) -> str:
  """Two inputs, a scalar that every consumer feeds, and a number for each row.

  It maps x float32 [N, 4] and y float32 [N, 2] to "log_prob" [N], "hidden" [N, 3],
  and a sample.
  """

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    y = tf.placeholder(tf.float32, [None, 2])
    temperature = tf.placeholder(tf.float32, [])
    hidden = tf.tanh(_dense(tf.concat([x, y], axis=1), 3, "hidden"))
    noise = tf.random.normal(tf.shape(hidden)) * temperature
    hub.add_signature(
      inputs={"x": x, "y": y, "temperature": temperature},
      outputs={
        "log_prob": -tf.reduce_sum(hidden**2, axis=1),
        "hidden": hidden,
        "a_sample": hidden + noise,
      },
    )

  return testing.export_module(os.fspath(path), module_fn)


def volumes(path: str) -> str:
  """Features of volumes float32 [N, 4, 4, 4, 1], as [N, 2, 2, 2, 3]."""

  def module_fn():
    volume = tf.placeholder(tf.float32, [None, 4, 4, 4, 1])
    kernel = tf.get_variable("kernel", [2, 2, 2, 1, 3])
    features = tf.nn.conv3d(volume, kernel, [1, 2, 2, 2, 1], "VALID")
    hub.add_signature(inputs={"volume": volume}, outputs=features)

  return testing.export_module(os.fspath(path), module_fn)


def counting(path: str) -> str:
  """A module whose output counts its calls, so that no two of them agree.

  It maps x float32 [N, 4] to float32 [N, 3]. No export of it can be verified.
  """

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    calls = tf.get_variable(
      "calls",
      [],
      initializer=tf.zeros_initializer(),
      trainable=False,
      use_resource=True,
    )
    with tf.control_dependencies([calls.assign_add(1.0)]):
      counted = calls.read_value()
    hub.add_signature(inputs={"x": x}, outputs=_dense(x, 3, "dense") + counted)

  return testing.export_module(os.fspath(path), module_fn)


def _dense(x, units: int, name: str):
  with tf.variable_scope(name):
    kernel = tf.get_variable("kernel", [x.shape[-1], units])
    bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
  return tf.matmul(x, kernel) + bias


def partitioned(path: str) -> str:
  """A kernel in two parts."""

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    with tf.variable_scope(
      "dense", partitioner=tf.fixed_size_partitioner(2), use_resource=False
    ):
      kernel = tf.convert_to_tensor(tf.get_variable("kernel", [4, 3]))
    hub.add_signature(inputs={"x": x}, outputs=tf.matmul(x, kernel))

  return testing.export_module(os.fspath(path), module_fn)


def looped(path: str) -> str:
  """A recurrent network of four steps."""

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    kernel = tf.get_variable("kernel", [4, 4])
    _, y = tf.while_loop(
      lambda i, y: i < 4,
      lambda i, y: (i + 1, tf.tanh(tf.matmul(y, kernel) + x)),
      (tf.constant(0), x),
    )
    hub.add_signature(inputs={"x": x}, outputs=y)

  return testing.export_module(os.fspath(path), module_fn)


def of_modules(path: str) -> str:
  """A module that applies another."""
  inner = vae(f"{os.fspath(path)}_inner")

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    coded = hub.Module(inner, name="inner", trainable=True)(x)
    hub.add_signature(inputs={"x": x}, outputs=_dense(coded, 2, "outer"))

  return testing.export_module(os.fspath(path), module_fn)


def halves(path: str) -> str:
  """A flag and bfloat16 inside, float32 and bool outside.

  It maps x float32 [N, 4] and keep bool [N] to "default" float32 [N, 3] and "kept".
  """

  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    keep = tf.placeholder(tf.bool, [None])
    half = tf.cast(_dense(x, 3, "dense"), tf.bfloat16)
    kept = tf.cast(keep, tf.bfloat16)[:, tf.newaxis]
    hub.add_signature(
      inputs={"x": x, "keep": keep},
      outputs={
        "default": tf.cast(half * kept, tf.float32),
        "half": half,
        "kept": keep,
      },
    )

  return testing.export_module(os.fspath(path), module_fn)


def use_lite(path: str) -> str:
  """A sentence encoder that takes the parts of a SparseTensor of SentencePiece ids.

  Signature "spm_path" names the model. It maps ids to float32 [N, 4].
  """
  with sentencepiece_models.written(albert=False) as model:

    def module_fn():
      values = tf.placeholder(tf.int64, [None], "values")
      indices = tf.placeholder(tf.int64, [None, 2], "indices")
      shape = tf.placeholder(tf.int64, [None], "dense_shape")
      ids = tf.SparseTensor(indices, values, shape)
      vectors = tf.get_variable("vectors", [300, 4])
      sums = tf.nn.safe_embedding_lookup_sparse(vectors, ids, combiner="sqrtn")
      hub.add_signature(
        inputs={"values": values, "indices": indices, "dense_shape": shape},
        outputs=tf.reshape(sums, [-1, 4]),
      )
      asset = tf.constant(model)
      tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
      hub.add_signature("spm_path", inputs={}, outputs=asset)

    return testing.export_module(os.fspath(path), module_fn)


def albert(
  path: str, *, tokenization_info: bool = True, lowercase: bool = True
) -> str:
  """An ALBERT: BERT's inputs, whose ids are those of a SentencePiece model.

  "tokenization_info" names the model, or it is the only asset.
  """
  with sentencepiece_models.written() as model:

    def module_fn():
      names = ("input_ids", "input_mask", "segment_ids")
      inputs = {n: tf.placeholder(tf.int32, [None, None], n) for n in names}
      vectors = tf.get_variable("vectors", [300, 4])
      mask = tf.cast(inputs["input_mask"], tf.float32)[:, :, tf.newaxis]
      sequence = tf.nn.embedding_lookup(vectors, inputs["input_ids"])
      sequence += tf.cast(inputs["segment_ids"], tf.float32)[:, :, tf.newaxis]
      sequence = tf.tanh(sequence) * mask
      hub.add_signature(
        "tokens",
        inputs=inputs,
        outputs={
          "pooled_output": tf.reduce_sum(sequence, axis=1),
          "sequence_output": sequence,
        },
      )
      asset = tf.constant(model)
      tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
      if tokenization_info:
        hub.add_signature(
          "tokenization_info",
          inputs={},
          outputs={
            "vocab_file": asset,
            "do_lower_case": tf.constant(lowercase),
          },
        )

    return testing.export_module(os.fspath(path), module_fn)


def elmo(path: str, *, takes_texts: bool = True) -> str:
  """An ELMo: texts, or words with their number, through a network of both directions.

  "default" maps text string [N], and "tokens" tokens string [N, L] and sequence_len
  int32 [N], to "elmo" float32 [N, L, 4], and "default" [N, 4], the mean of words.
  """

  def module_fn():
    if takes_texts:
      text = tf.placeholder(tf.string, [None])
      words = tf.string_split(text)
      lengths = tf.reduce_sum(tf.sparse.to_dense(_ones_like(words)), axis=1)
      outputs = _elmo(tf.sparse.to_dense(words, ""), lengths)
      hub.add_signature(inputs={"text": text}, outputs=outputs)
    tokens = tf.placeholder(tf.string, [None, None])
    lengths = tf.placeholder(tf.int32, [None])
    hub.add_signature(
      "tokens",
      inputs={"tokens": tokens, "sequence_len": lengths},
      outputs=_elmo(tokens, lengths),
    )

  return testing.export_module(os.fspath(path), module_fn)


def elmo_tokens(path: str) -> str:
  """An ELMo with its signature "tokens" alone."""
  return elmo(path, takes_texts=False)


def _ones_like(words):
  ones = tf.ones_like(words.values, dtype=tf.int32)
  return tf.SparseTensor(words.indices, ones, words.dense_shape)


def _elmo(tokens, lengths):
  with tf.variable_scope("elmo", reuse=tf.AUTO_REUSE):
    vectors = tf.get_variable("vectors", [32, 2])
    kernels = [tf.get_variable(f"kernel_{i}", [2, 2]) for i in range(2)]
  given = tf.sequence_mask(lengths, tf.shape(tokens)[1], tf.float32)[..., None]
  embedded = tf.gather(vectors, tf.strings.to_hash_bucket_fast(tokens, 32))
  steps = tf.transpose(embedded * given, [1, 0, 2])
  both = []
  for kernel, reverse in zip(kernels, (False, True), strict=True):
    states = tf.scan(
      lambda state, step, kernel=kernel: tf.tanh(
        tf.matmul(state, kernel) + step
      ),
      steps,
      initializer=tf.zeros_like(embedded[:, 0]),
      reverse=reverse,
    )
    both.append(tf.transpose(states, [1, 0, 2]))
  sequence = tf.ensure_shape(tf.concat(both, axis=2) * given, [None, None, 4])
  count = tf.maximum(tf.cast(lengths, tf.float32), 1.0)[:, tf.newaxis]
  return {
    "elmo": sequence,
    "default": tf.reduce_sum(sequence, axis=1) / count,
  }


def detector(path: str) -> str:
  """A detector: for each image any number of boxes, as RaggedTensors.

  It maps images float32 [N, 8, 8, 3] to "boxes" [N, ?, 4], "scores" and "names"
  [N, ?], and "features" [N, 3].
  """

  def module_fn():
    images = tf.placeholder(tf.float32, [None, 8, 8, 3])
    features = tf.reduce_mean(images, [1, 2])
    scores = tf.sigmoid(_dense(features, 5, "scores"))
    boxes = tf.reshape(_dense(features, 20, "boxes"), [-1, 5, 4])
    count = tf.cast(images[:, 0, 0, 0] * 6.0, tf.int32)
    found = tf.sequence_mask(tf.minimum(count, 5), 5)
    ids = tf.broadcast_to(tf.range(5), tf.shape(scores))
    hub.add_signature(
      inputs={"images": images},
      outputs={
        "boxes": tf.ragged.boolean_mask(boxes, found),
        "scores": tf.ragged.boolean_mask(scores, found),
        "names": tf.ragged.boolean_mask(tf.strings.as_string(ids), found),
        "features": features * tf.get_variable("scale", [3]),
      },
    )

  return testing.export_module(os.fspath(path), module_fn)


def nnlm(path: str, *, words=("good", "bad", "film", "the", "a")) -> str:
  """An NNLM: words looked up in a table that an asset fills, and in hash buckets.

  It maps sentences string [N] to float32 [N, 4], the sum of the words' vectors by the
  root of their number.
  """
  with tempfile.TemporaryDirectory() as scratch:
    vocabulary = os.path.join(scratch, "tokens.txt")
    with open(vocabulary, "w", encoding="utf-8") as file:
      file.write("".join(f"{word}\n" for word in words))

    def module_fn():
      sentences = tf.placeholder(tf.string, [None], "sentences")
      table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
          vocabulary,
          tf.string,
          tf.lookup.TextFileIndex.WHOLE_LINE,
          tf.int64,
          tf.lookup.TextFileIndex.LINE_NUMBER,
          vocab_size=len(words),
        ),
        num_oov_buckets=3,
      )
      split = tf.string_split(sentences)
      ids = tf.SparseTensor(
        split.indices, table.lookup(split.values), split.dense_shape
      )
      vectors = tf.get_variable("embeddings", [len(words) + 3, 4])
      sums = tf.nn.safe_embedding_lookup_sparse(vectors, ids, combiner="sqrtn")
      hub.add_signature(
        inputs={"sentences": sentences}, outputs=tf.reshape(sums, [-1, 4])
      )

    return testing.export_module(os.fspath(path), module_fn)


ALL = (
  albert,
  counting,
  detector,
  elmo,
  elmo_tokens,
  gan,
  halves,
  likelihood,
  looped,
  masked_tokens,
  nnlm,
  of_modules,
  partitioned,
  segmenter,
  style,
  use_lite,
  vae,
  volumes,
)
