"""Runs that find answers: a question before the words, trained, exported, predicted."""

import json
import random

import numpy as np
import pytest

from hub_estimator import exporting, heads, inputs, optimizers, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.preprocessing.tokenizers import Wordpiece
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, replace

pytestmark = pytest.mark.slow


def _row(random_):
  """The answer are the words from "good" to "film", which both occur once."""
  before = random_.choices(["the", "a"], k=random_.randint(0, 4))
  inside = random_.choices(["bad", "goodish"], k=random_.randint(0, 2))
  after = random_.choices(["the", "a"], k=random_.randint(0, 4))
  words = [*before, "good", *inside, "film", *after]
  return {
    "question": random_.choice(["the film", "a good film"]),
    "words": words,
    "first": len(before),
    "last": len(before) + 1 + len(inside),
  }


def _write(path, rows):
  path.write_text("".join(json.dumps(row) + "\n" for row in rows))
  return str(path)


def _experiment(handle, path, *, max_length=24):
  source = inputs.Jsonl(path, label=["first", "last"])
  return replace(
    make_experiment(handle, "unused.csv"),
    encoder=encoders.Encoder(
      ModuleSource(handle, signature="tokens", output="sequence_output"),
      Adapter(
        tokenizer=Wordpiece(
          feature="question", second_feature="words", max_length=max_length
        )
      ),
    ),
    head=heads.Span(),
    optimizer=optimizers.Adam(0.1),
    train_input=source,
    eval_input=source,
    max_steps=80,
    eval_every_steps=80,
    exports=exporting.Exports(kinds=["final"]),
  )


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> str:
  return testing.token_module(tmp_path_factory.mktemp("m") / "tokens", width=8)


@pytest.fixture(scope="module")
def rows():
  random_ = random.Random(1)
  return [_row(random_) for _ in range(120)]


def test_answers_are_found_and_served(bert, rows, tmp_path):
  path = _write(tmp_path / "rows.jsonl", rows)
  experiment = _experiment(bert, path)
  result = runs.train(experiment, str(tmp_path / "run"))
  assert result.metrics["answers_read"] == 1.0
  assert result.metrics["exact_match"] > 0.95
  assert result.metrics["word_f1"] >= result.metrics["exact_match"]
  found = runs.predict(
    str(tmp_path / "run"),
    {name: [row[name] for row in rows] for name in ("question", "words")},
    experiment=experiment,
  )
  exact = (found["first"] == [row["first"] for row in rows]) & (
    found["last"] == [row["last"] for row in rows]
  )
  assert exact.mean() == pytest.approx(result.metrics["exact_match"])
  for row, first, last, answer in zip(
    rows, found["first"], found["last"], found["answer"], strict=True
  ):
    assert answer.decode() == " ".join(row["words"][first : last + 1])
  (version,) = (tmp_path / "run" / "export" / "final" / "model").iterdir()
  with tf.Graph().as_default(), tf.Session() as session:
    loaded = tf.saved_model.load(session, ["serve"], str(version))
    signature = loaded.signature_def["serving_default"]
    served = session.run(
      {name: t.name for name, t in signature.outputs.items()},
      {
        signature.inputs["question"].name: ["the film"],
        signature.inputs["words"].name: [["a", "good", "bad", "film", "the"]],
      },
    )
  assert served["answer"].tolist() == [b"good bad film"]


def test_answers_that_are_cut_count_as_wrong(bert, rows, tmp_path):
  path = _write(tmp_path / "rows.jsonl", rows)
  experiment = _experiment(bert, path, max_length=10)
  experiment = replace(experiment, exports=exporting.Exports(kinds=[]))
  measured = runs.train(experiment, str(tmp_path / "run")).metrics
  assert 0.2 < measured["answers_read"] < 0.9
  assert measured["exact_match"] <= measured["answers_read"]
  assert np.isfinite(measured["loss"])


def test_an_answer_beyond_its_words_is_refused(bert, rows, tmp_path):
  bad = [*rows[:5], {**rows[5], "last": 40}]
  path = _write(tmp_path / "rows.jsonl", bad)
  count = len(rows[5]["words"])
  with pytest.raises(
    UserError, match=f"example 5 has {count} values of 'words', and its label"
  ):
    runs.check(_experiment(bert, path))
