"""Padding is never read: padded and ragged tokens, and sparse inputs."""

import json
import logging
import pathlib

import numpy as np
import pytest

from hub_estimator import exporting, inputs, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.model.encoding import encode
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import tf
from tests import sequence_modules
from tests.small_runs import make_experiment, replace

CASES = pathlib.Path(__file__).parents[2].parent / "shared" / "cases"
SENTENCES = [["good", "film"], ["bad"], ["the", "bad", "film"], ["good"]] * 6
LABELS = [1, 0, 0, 1] * 6


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> str:
  return sequence_modules.words_module(
    str(tmp_path_factory.mktemp("m") / "words")
  )


@pytest.fixture(scope="module")
def sparse(tmp_path_factory) -> str:
  return sequence_modules.sparse_module(
    str(tmp_path_factory.mktemp("m") / "sparse")
  )


def _case(name: str) -> str:
  if not (CASES / name).exists():
    pytest.skip(f"the folder of cases, {CASES}, has no {name}")
  return str(CASES / name)


def _write(path, **columns) -> str:
  rows = zip(*columns.values(), strict=True)
  with open(path, "w", encoding="utf-8") as file:
    for row in rows:
      file.write(json.dumps(dict(zip(columns, row, strict=True))) + "\n")
  return str(path)


def _padded(rows, length, value):
  return [row + [value] * (length - len(row)) for row in rows]


def _experiment(handle, data, signature, *, adapter=None, **changes):
  output = changes.pop("output", None)
  source = data if not isinstance(data, str) else inputs.Jsonl(data)
  experiment = make_experiment(handle, "unused.csv")
  return replace(
    experiment,
    encoder=encoders.Encoder(
      ModuleSource(
        handle,
        signature=signature,
        output=output,
        trainable=changes.pop("trainable", True),
      ),
      adapter or Adapter(),
    ),
    train_input=source,
    eval_input=changes.pop("evaluation", source),
    batch_size=8,
    **changes,
  )


def _predicted(model_dir, rows) -> np.ndarray:
  return runs.predict(str(model_dir), rows)["probabilities"]


def _head_input(handle, signature, output, features, adapter=None):
  """Returns what a head reads for a batch of features."""
  info = read_module_info(handle)
  encoder = encoders.Encoder(
    ModuleSource(handle, signature=signature, output=output),
    adapter or Adapter(),
  )
  with tf.Graph().as_default(), tf.Session() as session:
    encoded = encode(
      {"module": info},
      encoder,
      {name: tf.constant(value) for name, value in features.items()},
      mode="infer",
    )
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(encoded.head_input)


def _means(handle, sentences) -> np.ndarray:
  """Returns the mean of each sentence's vectors, computed one by one."""
  return np.stack(
    [
      sequence_modules.apply(
        handle,
        "tokens",
        tokens=np.array([sentence]),
        sequence_len=np.array([len(sentence)], np.int32),
      )["elmo"][0].mean(axis=0)
      for sentence in sentences
    ]
  )


@pytest.mark.parametrize("extra", [0, 2, 9])
def test_padding_never_moves_a_mean(words, extra):
  tokens = _padded(SENTENCES[:4], 3 + extra, "")
  lengths = np.array([2, 1, 3, 1], np.int32)
  got = _head_input(
    words,
    "tokens",
    "elmo",
    {"tokens": np.array(tokens), "sequence_len": lengths},
  )
  np.testing.assert_allclose(got, _means(words, SENTENCES[:4]), rtol=1e-5)


@pytest.mark.parametrize("pad", ["pad", "good"])
def test_sequence_len_counts_whatever_padding_is(words, pad):
  got = _head_input(
    words,
    "tokens",
    "elmo",
    {
      "tokens": np.array(_padded(SENTENCES[:4], 5, pad)),
      "sequence_len": np.array([2, 1, 3, 1], np.int32),
    },
  )
  np.testing.assert_allclose(got, _means(words, SENTENCES[:4]), rtol=1e-5)


def test_berts_sequence_output_is_pooled_by_its_mask(tmp_path):
  handle = testing.token_module(tmp_path / "tokens")
  ids = np.array([[2, 4, 6, 3, 0, 0, 0, 0], [2, 5, 3, 0, 0, 0, 0, 0]])
  mask = (ids != 0).astype(np.int64)

  def pooled(columns, adapter=None):
    features = {
      "input_ids": ids[:, :columns],
      "input_mask": mask[:, :columns],
      "segment_ids": np.zeros_like(ids)[:, :columns],
    }
    return _head_input(handle, "tokens", "sequence_output", features, adapter)

  np.testing.assert_allclose(pooled(8), pooled(4), rtol=1e-6)
  sums = pooled(8, Adapter(pooling="mean_with_padding")) * 8
  np.testing.assert_allclose(
    pooled(8), sums / mask.sum(axis=1, keepdims=True), rtol=1e-5
  )


def test_the_maximum_of_tokens_ignores_padding(words):
  features = {
    "tokens": np.array(_padded([["good"], ["bad", "film"]], 4, "")),
    "sequence_len": np.array([1, 2], np.int32),
  }
  got = _head_input(words, "tokens", "elmo", features, Adapter(pooling="max"))
  vectors = sequence_modules.apply(words, "tokens", **features)["elmo"]
  expected = [vectors[0, 0], vectors[1, :2].max(axis=0)]
  np.testing.assert_allclose(got, expected)


@pytest.mark.parametrize("name", ["input_word_ids", "input_ids"])
def test_ids_of_zero_are_padding(tmp_path, name):
  handle = sequence_modules.ids_module(str(tmp_path / "m"), name)
  ids = np.array([[5, 7, 0, 0], [3, 0, 0, 0], [0, 0, 0, 0]])
  got = _head_input(handle, "default", None, {name: ids})
  vectors = sequence_modules.apply(handle, "default", **{name: ids})["default"]
  expected = [vectors[0, :2].mean(axis=0), vectors[1, 0], np.zeros(4)]
  np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_a_sequence_without_a_mask_is_refused_with_the_ways_out(
  tmp_path, pooling
):
  handle = sequence_modules.ids_module(str(tmp_path / "m"), "codes")
  ids = np.array([[5, 7, 0, 0]])
  with pytest.raises(UserError, match="takes no mask; it takes: codes int64"):
    _head_input(
      handle, "default", None, {"codes": ids}, Adapter(pooling=pooling)
    )
  by_mask = Adapter(pooling=pooling, mask="codes")
  kept = Adapter(pooling=f"{pooling}_with_padding")
  whole, cut = (
    _head_input(handle, "default", None, {"codes": codes}, adapter)
    for codes, adapter in ((ids, by_mask), (ids[:, :2], kept))
  )
  np.testing.assert_allclose(whole, cut, rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [False, True])
def test_ragged_tokens_train_and_predict_as_padded_ones(
  words, tmp_path, caplog, kept
):
  lengths = [len(sentence) for sentence in SENTENCES]
  files = {
    name: _write(
      tmp_path / f"{name}.jsonl",
      tokens=tokens,
      sequence_len=lengths,
      label=LABELS,
    )
    for name, tokens in (
      ("ragged", SENTENCES),
      ("padded", _padded(SENTENCES, 7, "")),
    )
  }
  results = {}
  with caplog.at_level(logging.INFO, logger="hub_estimator"):
    for name, file in files.items():
      experiment = _experiment(
        words,
        file,
        "tokens",
        output="elmo",
        trainable=not kept,
        exports=exporting.Exports(["final"]),
      )
      results[name] = runs.train(experiment, str(tmp_path / name))
  assert "mean where sequence_len" in caplog.text
  assert "'tokens' holds 1 to 3 values an example" in caplog.text
  predicted = [
    _predicted(tmp_path / run, files[rows]) for run in files for rows in files
  ]
  for other in predicted[1:]:
    np.testing.assert_allclose(other, predicted[0], rtol=1e-4, atol=1e-6)
  one_by_one = runs.predict(
    str(tmp_path / "ragged"),
    {"tokens": SENTENCES, "sequence_len": lengths},
    batch_size=1,
  )["probabilities"]
  np.testing.assert_allclose(one_by_one, predicted[0], rtol=1e-4, atol=1e-6)
  served = _served(tmp_path / "ragged", results["ragged"])
  got = served(
    tokens=tf.constant(_padded(SENTENCES, 5, "")),
    sequence_len=tf.constant(lengths, tf.int64),
  )
  np.testing.assert_allclose(
    got["probabilities"], predicted[0], rtol=1e-4, atol=1e-6
  )
  assert (
    runs.evaluate(str(tmp_path / "ragged"))["accuracy"]
    == (results["ragged"].metrics["accuracy"])
  )


def test_lengths_may_differ_between_training_and_evaluation(words, tmp_path):
  def data(name, length):
    return inputs.Jsonl(
      _write(
        tmp_path / name,
        tokens=_padded(SENTENCES, length, ""),
        sequence_len=[len(sentence) for sentence in SENTENCES],
        label=LABELS,
      )
    )

  checked = runs.check(
    _experiment(
      words,
      data("train.jsonl", 4),
      "tokens",
      output="elmo",
      evaluation=data("eval.jsonl", 9),
    )
  )
  assert checked.specs["tokens"] == inputs.FeatureSpec("string", (None,))


def _ids(name, rows, tmp_path):
  labels = [row[0] % 2 for row in rows]
  return _write(tmp_path / name, input_ids=rows, label=labels)


@pytest.mark.slow
def test_a_run_of_ragged_ids_knows_its_data(tmp_path):
  handle = sequence_modules.ids_module(str(tmp_path / "m"), "input_ids")
  rows = [[5, 7], [12], [9, 3, 11], [6, 6], [4, 10, 8, 63]] * 4
  train = _ids("train.jsonl", rows, tmp_path)
  other = _ids("eval.jsonl", [[13, 2, 2], [16, 5, 4], [30, 3, 3]], tmp_path)
  experiment = _experiment(handle, train, "default")
  experiment = replace(experiment, eval_input=inputs.Jsonl(other))
  run = tmp_path / "run"
  result = runs.train(experiment, str(run))
  feature = json.loads((run / "schema.json").read_text())["features"][
    "input_ids"
  ]
  assert (feature["shape"], feature["range"]) == ([None], [3, 63])
  report = (run / "data_report.txt").read_text()
  assert (
    "input_ids of training: int64 [None] from 3 to 63. Lists of 1 to 4 values"
  ) in report
  assert "15 of 20 examples repeat another" in report
  loss = runs.evaluate(str(run))["loss"]
  assert loss == pytest.approx(result.metrics["loss"], rel=1e-5)
  longer = _ids(
    "longer.jsonl", [[13, 2, 2, 0, 0, 0], [16, 5, 4, 0, 0, 0]], tmp_path
  )
  predicted = _predicted(run, other)
  np.testing.assert_allclose(_predicted(run, longer), predicted[:2], rtol=1e-5)
  evaluated = runs.evaluate(
    str(run), experiment=replace(experiment, eval_input=inputs.Jsonl(longer))
  )
  right = predicted[:2].argmax(axis=1) == [1, 0]
  assert evaluated["accuracy"] == pytest.approx(right.mean())


@pytest.mark.slow
def test_a_run_of_lists_of_one_length_goes_on_with_others(tmp_path):
  handle = sequence_modules.ids_module(str(tmp_path / "m"), "input_ids")
  short = _ids("short.jsonl", [[5, 7], [12, 3], [9, 3], [6, 6]] * 2, tmp_path)
  longer = _ids("long.jsonl", [[5, 7, 0], [12, 3, 0]], tmp_path)
  experiment = _experiment(handle, short, "default")
  run = str(tmp_path / "run")
  runs.train(experiment, run)
  np.testing.assert_allclose(
    _predicted(run, longer), _predicted(run, short)[:2], rtol=1e-5
  )
  other = replace(experiment, eval_input=inputs.Jsonl(longer))
  assert set(runs.evaluate(run, experiment=other)) >= {"accuracy"}
  more = replace(other, train_input=inputs.Jsonl(longer), max_steps=30)
  assert runs.train(more, run).steps == 30


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ids", "words"])
def test_predict_reads_records_of_lists_as_training_did(sparse, tmp_path, name):
  rows = SPARSE[name]
  path = str(tmp_path / "a.tfrecord")
  with tf.io.TFRecordWriter(path) as writer:
    for row, label in zip(rows, [1, 0, 0, 1] * 4, strict=True):
      example = tf.train.Example()
      held = example.features.feature
      if name == "ids":
        held[name].int64_list.value.extend(row)
      else:
        held[name].bytes_list.value.extend(word.encode() for word in row)
      held["label"].int64_list.value.append(label)
      writer.write(example.SerializeToString())
  dtype = "int64" if name == "ids" else "string"
  source = inputs.TFRecord(
    path, {name: (dtype, [None]), "label": ("int64", [])}
  )
  run = str(tmp_path / "run")
  runs.train(_experiment(sparse, source, name, output="default"), run)
  feature = json.loads((tmp_path / "run/schema.json").read_text())["features"]
  assert feature[name]["sparse"]
  assert feature[name]["range"] == ([0, 5] if name == "ids" else None)
  expected = runs.predict(run, {name: rows})["probabilities"]
  got = [
    _predicted(run, path),
    _predicted(run, {name: [np.array(r) for r in rows]}),
  ]
  got.append(runs.predict(run, path, batch_size=1)["probabilities"])
  for probabilities in got:
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5)


def _served(model_dir, result):
  path = model_dir / result.exports["final"]["model"]
  return tf.saved_model.load_v2(str(path)).signatures["serving_default"]


@pytest.mark.parametrize("name", ["padded", "ragged"])
def test_the_cases_of_tokens_give_the_same_outputs(words, tmp_path, name):
  path = _case(f"csv/{name}.jsonl")
  rows = [
    json.loads(line)
    for line in pathlib.Path(path).read_text().split("\n")
    if line
  ]
  real = [[token for token in row["tokens"] if token] for row in rows]
  examples = inputs.Jsonl(path).read()
  features, _ = examples.take(slice(None))
  features["sequence_len"] = features["sequence_len"].astype(np.int32)
  got = _head_input(words, "tokens", "elmo", features)
  np.testing.assert_allclose(got, _means(words, real), rtol=1e-5)
  runs.check(_experiment(words, path, "tokens", output="elmo"))


@pytest.mark.slow
def test_the_case_of_tfrecords_is_read(words):
  path = _case("tfrecord/tokens_var.tfrecord")
  source = inputs.TFRecord(
    path,
    {
      "tokens": ("string", [None]),
      "sequence_len": ("int64", []),
      "label": ("int64", []),
    },
  )
  features, _ = source.read().take(slice(0, 3))
  assert features["tokens"].tolist() == [
    [b"bad", b"", b""],
    [b"good", b"film", b""],
    [b"bad", b"film", b"the"],
  ]
  runs.check(_experiment(words, source, "tokens", output="elmo"))


SPARSE = {
  "words": [["good", "film"], [], ["bad"], ["a", "b", "c"]] * 4,
  "ids": [[0, 5], [], [0], [1, 2, 0]] * 4,
  "numbers": [[0.0, 1.5, 0, 0, 2.0], [0.0] * 5, [1.0] * 5, [3.0, 0, 0, 0, 0]]
  * 4,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(SPARSE))
def test_sparse_inputs_train_serve_export_and_reload(sparse, tmp_path, name):
  rows = SPARSE[name]
  data = _write(tmp_path / "a.jsonl", **{name: rows}, label=[1, 0, 0, 1] * 4)
  experiment = _experiment(
    sparse, data, name, output="default", exports=exporting.Exports(["final"])
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  predicted = _predicted(tmp_path / "run", data)
  module = next((tmp_path / "run/export/final/module").glob("*/module"))
  vectors = sequence_modules.apply(str(module), name, **{name: rows})["default"]
  with np.load(_weights(tmp_path / "run", tmp_path / "w.npz")) as head:
    logits = vectors @ head["kernel"] + head["bias"]
  np.testing.assert_allclose(
    predicted[:, 1], 1 / (1 + np.exp(-logits[:, 0])), rtol=1e-4, atol=1e-5
  )
  padded = _padded(rows, 5, {"words": "", "ids": -1}.get(name))
  dtype = {"words": tf.string, "ids": tf.int64}.get(name, tf.float32)
  served = _served(tmp_path / "run", result)(
    **{name: tf.constant(padded, dtype)}
  )
  np.testing.assert_allclose(
    served["probabilities"], predicted, rtol=1e-4, atol=1e-6
  )


def _weights(model_dir, path):
  reader = tf.train.load_checkpoint(str(model_dir))
  shapes = reader.get_variable_to_shape_map()
  kernel, bias = (
    next(
      reader.get_tensor(n)
      for n in shapes
      if n.endswith(f"/{part}") and not n.startswith("module/")
    )
    for part in ("kernel", "bias")
  )
  np.savez(path, kernel=kernel, bias=bias)
  return path


@pytest.mark.parametrize("name", list(SPARSE))
def test_apply_feeds_sparse_inputs(sparse, tmp_path, name):
  data = _write(tmp_path / "a.jsonl", **{name: SPARSE[name]})
  got = runs.apply(
    sparse, data, signature=name, outputs=["default"], batch_size=3
  )
  expected = sequence_modules.apply(sparse, name, **{name: SPARSE[name]})
  np.testing.assert_allclose(got["default"], expected["default"], rtol=1e-5)


def test_numbers_that_may_be_missing_are_never_padded(dense, tmp_path):
  rows = [[1.0, 2, 3, 4]] * 3 + [[1.0, 2, 3]]
  data = _write(tmp_path / "a.jsonl", x=rows, label=[0, 1, 0, 1])
  with pytest.raises(
    UserError, match="'x' has 4 values in example 0 and 3 in example 3, and"
  ):
    runs.check(_experiment(dense, data, "default"))


@pytest.mark.slow
def test_a_run_of_before_goes_on_as_before_or_not_at_all(words, tmp_path):
  data = _write(
    tmp_path / "a.jsonl",
    tokens=_padded(SENTENCES, 5, ""),
    sequence_len=[len(sentence) for sentence in SENTENCES],
    label=LABELS,
  )
  old = Adapter(pooling="mean_with_padding")
  runs.train(
    _experiment(words, data, "tokens", output="elmo", adapter=old),
    str(tmp_path / "run"),
  )
  masked = _experiment(words, data, "tokens", output="elmo", max_steps=30)
  with pytest.raises(UserError, match="over padding, too.*mean_with_padding"):
    runs.train(masked, str(tmp_path / "run"))
  for verb in (
    lambda: runs.evaluate(str(tmp_path / "run"), experiment=masked),
    lambda: runs.predict(str(tmp_path / "run"), data, experiment=masked),
    lambda: runs.export(str(tmp_path / "run"), experiment=masked),
  ):
    with pytest.raises(UserError, match="over padding, too.*mean_with_padding"):
      verb()
  kept = replace(
    masked,
    encoder=encoders.Encoder(masked.encoder.module, old),
  )
  assert runs.train(kept, str(tmp_path / "run")).steps == 30
