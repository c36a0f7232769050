"""Runs that label words: trained, resumed, evaluated, exported, served, predicted."""

import json
import logging
import random
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from hub_estimator import exporting, heads, inputs, optimizers, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.model import encoders, metrics
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.preprocessing.tokenizers import Wordpiece
from hub_estimator.tensorflow_runtime import tf
from tests import sequence_modules
from tests.small_runs import make_experiment, replace

pytestmark = pytest.mark.slow
NAMES = ["good", "goodish", "bad"]


def _row(random_):
  words, tags = [], []
  for _ in range(random_.randint(1, 4)):
    if random_.random() < 0.5:
      words += [random_.choice(NAMES), "film"]
      tags += ["B-FILM", "I-FILM"]
    else:
      words.append(random_.choice(["the", "a"]))
      tags.append("O")
  return {"words": words, "tags": tags}


def _write(path, rows):
  path.write_text("".join(json.dumps(row) + "\n" for row in rows))
  return str(path)


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> str:
  path = tmp_path_factory.mktemp("m") / "tokens"
  return testing.token_module(path, width=8)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[str]:
  folder = tmp_path_factory.mktemp("data")
  random_ = random.Random(1)
  return [
    _write(folder / f"{name}.jsonl", [_row(random_) for _ in range(count)])
    for name, count in (("train", 120), ("eval", 40))
  ]


def _experiment(handle, files, *, max_length=16, **changes):
  train, evaluation = (inputs.Jsonl(path, label="tags") for path in files)
  return replace(
    make_experiment(handle, "unused.csv"),
    encoder=encoders.Encoder(
      ModuleSource(handle, signature="tokens", output="sequence_output"),
      Adapter(tokenizer=Wordpiece(max_length=max_length)),
    ),
    head=heads.Sequence(),
    optimizer=optimizers.Adam(0.1),
    train_input=train,
    eval_input=evaluation,
    max_steps=60,
    eval_every_steps=30,
    exports=exporting.Exports(kinds=["latest", "best"], best_metric="span_f1"),
    **changes,
  )


@pytest.fixture(scope="module")
def run(bert, files, tmp_path_factory):
  """A finished run: (its model_dir, its experiment, its result)."""
  model_dir = tmp_path_factory.mktemp("run") / "run"
  experiment = _experiment(bert, files, metrics=[metrics.ConfusionMatrix()])
  return model_dir, experiment, runs.train(experiment, str(model_dir))


def _rows(path):
  with open(path, encoding="utf-8") as file:
    return [json.loads(line) for line in file]


def test_words_are_learned_and_spans_measured(run):
  _, _, result = run
  measured = result.metrics
  assert measured["accuracy"] == measured["span_f1"] == 1.0
  assert measured["tokens_read"] == 1.0
  assert measured["loss"] == measured["average_loss"] < 0.2


def test_predictions_name_a_class_for_each_word(run, files):
  model_dir, experiment, _ = run
  rows = _rows(files[1])
  found = runs.predict(
    str(model_dir),
    {"words": [row["words"] for row in rows]},
    experiment=experiment,
  )
  assert [[name.decode() for name in row] for row in found["classes"]] == [
    row["tags"] for row in rows
  ]
  assert {len(p) for p in found["probabilities"]} == {
    len(row["words"]) for row in rows
  }


@pytest.mark.parametrize("batch_size", [1, 7, 256])
def test_parquet_holds_the_labels_of_each_word(
  run, files, tmp_path, batch_size
):
  model_dir, experiment, _ = run
  written = {}
  for ending in ("jsonl", "parquet"):
    written[ending] = tmp_path / f"out.{ending}"
    runs.predict_to_file(
      str(model_dir),
      experiment=experiment,
      input_path=files[1],
      output_path=str(written[ending]),
      batch_size=batch_size,
    )
  table = pq.read_table(written["parquet"])
  assert table.to_pylist() == _rows(written["jsonl"])
  kind = table.schema.field("probabilities").type
  assert str(kind.value_type.value_type) == "float"
  for ending in ("csv", "npz"):
    with pytest.raises(UserError, match="a .jsonl file can hold"):
      runs.predict_to_file(
        str(model_dir),
        experiment=experiment,
        input_path=files[1],
        output_path=str(tmp_path / f"out.{ending}"),
      )


def test_the_served_model_answers_with_classes_and_lengths(run):
  model_dir, _, _ = run
  version = max((model_dir / "export" / "latest" / "model").iterdir())
  words = [["the", "good", "film"], ["a", "", ""]]
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], str(version))
    signature = loaded.signature_def["serving_default"]
    outputs = {n: t.name for n, t in signature.outputs.items()}
    found = session.run(outputs, {signature.inputs["words"].name: words})
  assert found["classes"].tolist() == [
    [b"O", b"B-FILM", b"I-FILM"],
    [b"O", b"", b""],
  ]
  assert found["sequence_length"].tolist() == [3, 1]


def test_an_interrupted_run_ends_with_the_same_bits(run, bert, tmp_path):
  _, experiment, _ = run
  path = tmp_path / "again"
  runs.train(replace(experiment, max_steps=30), str(path))
  runs.train(experiment, str(path))
  once, twice = (
    tf.train.load_checkpoint(tf.train.latest_checkpoint(str(at)))
    for at in (run[0], path)
  )
  names = once.get_variable_to_shape_map()
  assert names == twice.get_variable_to_shape_map()
  for name in names:
    np.testing.assert_array_equal(once.get_tensor(name), twice.get_tensor(name))


def test_words_that_are_cut_count_as_wrong(bert, files, tmp_path):
  experiment = _experiment(bert, files, max_length=5)
  experiment = replace(experiment, exports=exporting.Exports(kinds=[]))
  measured = runs.train(experiment, str(tmp_path / "run")).metrics
  counts = [row["words"] for row in _rows(files[1])]
  read = sum(_read_of(words) for words in counts)
  share = read / sum(len(words) for words in counts)
  assert measured["tokens_read"] == pytest.approx(share)
  assert measured["accuracy"] <= measured["tokens_read"] < 1


def _read_of(words):
  """Returns how many words begin in the first three pieces."""
  pieces = [2 if word == "goodish" else 1 for word in words]
  return sum(sum(pieces[:i]) < 3 for i in range(len(words)))


def test_an_elmo_labels_its_own_tokens(tmp_path, files):
  path = sequence_modules.words_module(str(tmp_path / "m"), takes_lengths=False)
  experiment = _experiment(path, files)
  source = ModuleSource(path, signature="tokens", output="elmo")
  experiment = replace(
    experiment,
    encoder=encoders.Encoder(source, Adapter(inputs={"tokens": "words"})),
    exports=exporting.Exports(kinds=["latest"]),
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  assert result.metrics["accuracy"] > 0.9
  words = [["the", "good", "film"], ["a"]]
  padded = [["the", "good", "film"], ["a", "", ""]]
  ragged, dense = (
    runs.predict(str(tmp_path / "run"), {"words": rows}, experiment=experiment)
    for rows in (words, padded)
  )
  for name in ragged:
    for one, other in zip(ragged[name], dense[name], strict=True):
      np.testing.assert_array_equal(one, other)


def test_a_row_with_a_label_too_few_is_refused(bert, files, tmp_path):
  rows = _rows(files[1])
  rows[3]["tags"] = rows[3]["tags"][:-1]
  bad = _write(tmp_path / "bad.jsonl", rows)
  count = len(rows[3]["words"])
  with pytest.raises(
    UserError,
    match=f"example 3 has {count} values of 'words' and {count - 1} labels",
  ):
    runs.check(_experiment(bert, [files[0], bad]))
  shutil.copy(bad, tmp_path / "train.jsonl")
  with pytest.raises(UserError, match="1 of 40 examples differ"):
    runs.check(_experiment(bert, [str(tmp_path / "train.jsonl"), files[1]]))


def test_an_unknown_class_is_refused(bert, files, tmp_path):
  rows = _rows(files[1])
  rows[0]["tags"][0] = "B-SONG"
  bad = _write(tmp_path / "bad.jsonl", rows)
  with pytest.raises(UserError, match="'B-SONG'"):
    runs.check(_experiment(bert, [files[0], bad]))


def test_texts_in_place_of_words_are_refused(bert, tmp_path):
  rows = [{"words": "a good film", "tags": ["O", "B-X", "I-X"]}] * 8
  path = _write(tmp_path / "texts.jsonl", rows)
  with pytest.raises(UserError, match="'a good film'.* takes lists of words"):
    runs.check(_experiment(bert, [path, path]))


def test_the_report_counts_tokens(bert, files, caplog):
  with caplog.at_level(logging.INFO):
    checked = runs.check(_experiment(bert, files))
  (line,) = [one.text for one in checked.report.lines if one.about == "label"]
  assert line.startswith("3 classes, tokens of training/evaluation: ")
  total = sum(len(row["words"]) for row in _rows(files[0]))
  counts = checked.schema.labels["label"].counts["train"]
  assert sum(counts.values()) == total
