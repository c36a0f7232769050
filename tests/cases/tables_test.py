"""Tables, labels and vocabularies on which something went wrong before.

The files are in `shared/cases`, beside the repository; further ones are made here.
"""

import io
import json
import logging
import pathlib

import numpy as np
import pytest

from hub_estimator import heads, inputs, runs, testing, word_files
from hub_estimator.errors import UserError
from tests.small_runs import make_experiment

CASES = pathlib.Path(__file__).parents[2].parent / "shared" / "cases"
needs_cases = pytest.mark.skipif(
  not CASES.is_dir(), reason=f"{CASES} isn't there"
)


def _case(name: str) -> str:
  return str(CASES / name)


@needs_cases
@pytest.mark.parametrize(
  ("name", "delimiter"), [("one_quote.csv", ","), ("one_quote.tsv", "\t")]
)
def test_one_quote_is_an_error_at_its_line_or_a_character(name, delimiter):
  path = _case(f"csv/{name}")
  with pytest.raises(UserError, match="line 5: a quote opens .* 36 lines"):
    inputs.Csv(path, delimiter=delimiter).read()
  examples = inputs.Csv(path, delimiter=delimiter, quoting="none").read()
  assert (len(examples), examples.lines) == (40, 41)
  assert examples.features["sentence"][:][3] == b'"really great'


@needs_cases
def test_two_quotes_are_read_as_csv_and_reported(caplog):
  caplog.set_level(logging.INFO, "hub_estimator")
  examples = inputs.Csv(_case("csv/two_quotes.csv")).read()
  assert len(examples) == 34
  assert "spans the lines 5 to 11, 6 of which look like rows" in caplog.text
  assert "34 rows from 41 lines" in caplog.text


@needs_cases
def test_a_blank_number_is_named_filled_or_skipped():
  path = _case("csv/miss.csv")
  with pytest.raises(UserError, match="line 19: 'age' is blank"):
    inputs.Csv(path).read()
  filled = inputs.Csv(path, defaults={"age": -1}).read()
  assert filled.features["age"][16:19].tolist() == [36, -1, 38]
  assert inputs.Csv(path, bad_records="skip").read().skipped == 1


@needs_cases
def test_gzip_and_a_byte_order_mark_are_read():
  examples = inputs.Csv(_case("csv/c.csv.gz")).read()
  assert examples.features["age"][:].tolist() == list(range(20, 80))
  words = word_files.read_words(_case("csv/v_bom.txt"), "words")
  assert words == ["red", "green", "blue"]


@needs_cases
def test_several_labels_a_row_are_indicators_by_name():
  head = heads.MultiLabel(label_vocabulary=["a", "b", "c"])
  hot = inputs.Csv(_case("csv/mlhot.csv"), label=["c", "b", "a"]).read()
  assert heads.encode_labels(head, hot.labels)[:3].tolist() == [
    [0, 1, 1],
    [1, 0, 1],
    [0, 0, 1],
  ]
  split = inputs.Csv(_case("csv/ml2.csv"), label_separator="|").read()
  assert heads.encode_labels(head, split.labels)[:3].tolist() == [
    [1, 1, 0],
    [0, 0, 1],
    [1, 0, 0],
  ]
  lists = inputs.Jsonl(_case("csv/ml.jsonl")).read()
  assert heads.encode_labels(head, lists.labels)[:4].tolist() == [
    [1, 0, 0],
    [1, 1, 0],
    [0, 0, 0],
    [0, 0, 1],
  ]


@needs_cases
def test_records_name_what_they_lack():
  features = {"sentence": ("string", []), "label": ("int64", [])}
  with pytest.raises(UserError, match="record [0-9]+: no feature 'sentence'"):
    inputs.TFRecord(_case("tfrecord/missing.tfrecord"), features).read()
  with pytest.raises(UserError, match="isn't gzip; tfrecord.compression"):
    inputs.TFRecord(_case("tfrecord/fake.tfrecord.gz"), features).read()
  tokens = {"tokens": ("string", [1]), "label": ("int64", [])}
  with pytest.raises(UserError, match="'tokens' is 2 values of string, and"):
    inputs.TFRecord(_case("tfrecord/tokens_var.tfrecord"), tokens).read()


@pytest.mark.slow
@needs_cases
@pytest.mark.parametrize(
  ("name", "reader"),
  [
    ("tabs.csv", {"delimiter": "\t"}),
    ("header_space.csv", {}),
  ],
)
def test_a_run_predicts_the_file_that_it_was_trained_on(
  name, reader, text, tmp_path
):
  source = inputs.Csv(_case(f"csv/{name}"), **reader)
  experiment = make_experiment(
    text, _case(f"csv/{name}"), train_input=source, eval_input=source
  )
  runs.train(experiment, str(tmp_path / "run"))
  output = io.StringIO()
  count = runs.write_predictions(
    str(tmp_path / "run"),
    experiment=experiment,
    input_path=source.path,
    output=output,
  )
  assert count == 40
  assert len(json.loads(output.getvalue().splitlines()[0])["logits"]) == 1


@pytest.mark.slow
def test_a_run_learns_labels_by_separator_and_returns_their_names(
  text, tmp_path
):
  path = tmp_path / "a.csv"
  path.write_text(
    "sentence,label\n" + "good film,a|b\nbad film,c\nthe film,\n" * 10
  )
  source = inputs.Csv(str(path), label_separator="|")
  experiment = make_experiment(
    text,
    str(path),
    train_input=source,
    eval_input=source,
    head=heads.MultiLabel(label_vocabulary=["a", "b", "c"]),
    max_steps=200,
  )
  runs.train(experiment, str(tmp_path / "run"))
  found = runs.predict(
    str(tmp_path / "run"),
    {"sentence": ["good film", "bad film", "the film"]},
    experiment=experiment,
  )
  assert (found["probabilities"] > 0.5).tolist() == [
    [True, True, False],
    [False, False, True],
    [False, False, False],
  ]
  metrics = runs.evaluate(str(tmp_path / "run"), experiment=experiment)
  assert metrics["auc"] == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(
  ("text", "kwargs", "why"),
  [
    ('t,label\n"a,1\n', {}, "line 2: a quote opens"),
    ('t;label\nx;"1\ny;0\n', {"delimiter": ";"}, "line 2: a quote opens"),
    ("n,label\n1,1\n\t,0\n", {}, "line 3: 'n' is blank"),
    ("n,label\n18446744073709551615,1\n", {}, "which int64 doesn't hold"),
    ("n,label\n1_0,1\n", {"dtypes": {"n": "float32"}}, "'1_0', not float32"),
    ("n,label\n1e39,1\n", {"dtypes": {"n": "float32"}}, "'1e39', not float32"),
    ("n,label\n1,1\n", {"dtypes": {"m": "int64"}}, "dtypes names the column"),
    ("n,label\n1,1\n", {"delimiter": "||"}, "it is one character"),
    ("n,label\n1,1\n", {"quoting": "off"}, "quoting is 'off'"),
    ("n,label\n1,1\n", {"defaults": {"n": None}}, "defaults is"),
  ],
)
def test_further_tables_end_in_one_line(tmp_path, text, kwargs, why):
  path = tmp_path / "a.csv"
  path.write_text(text)
  with pytest.raises(UserError, match=why) as caught:
    inputs.Csv(str(path), **kwargs).read()
  assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
  ("value", "dtype", "why"),
  [
    (300, "uint8", r"row 1: 'x' is 300"),
    (-1, "uint8", r"row 1: 'x' is -1"),
    (2**53 + 1, "float32", "row 1: 'x' is 9007199254740993"),
    (2**31, "int32", "row 1: 'x' is 2147483648"),
  ],
)
def test_a_cast_that_changes_a_number_is_refused(tmp_path, value, dtype, why):
  path = str(tmp_path / "a.npz")
  np.savez(path, x=np.array([1, value], np.int64))
  stream = inputs.open_stream(path, "test")
  with pytest.raises(UserError, match=why):
    list(stream.batches({"x": inputs.FeatureSpec(dtype)}, 2))


def test_integers_of_a_csv_are_not_rounded(tmp_path):
  path = tmp_path / "a.csv"
  path.write_text(f"id\n{2**53 + 1}\n{2**63 - 1}\n")
  stream = inputs.open_stream(str(path), "test")
  (batch,) = stream.batches({"id": inputs.FeatureSpec("int64")}, 9)
  assert batch["id"].tolist() == [2**53 + 1, 2**63 - 1]


@pytest.mark.slow
def test_apply_reads_tabs_and_writes_a_row_for_a_blank_line(tmp_path):
  module = testing.text_module(str(tmp_path / "m"))
  (tmp_path / "tabs.csv").write_text('default\tn\n"good\t1\nbad\t2\n')
  tabs = runs.apply(
    module,
    str(tmp_path / "tabs.csv"),
    reader=inputs.Csv("", delimiter="\t", quoting="none"),
  )["default"]
  (tmp_path / "one.csv").write_text("default\ngood\n\nbad\n")
  one = runs.apply(module, str(tmp_path / "one.csv"))["default"]
  assert (tabs.shape, one.shape) == ((2, 4), (3, 4))
  np.testing.assert_allclose(tabs[1], one[2], rtol=1e-6)
  assert not np.allclose(one[1], one[2])


def test_a_header_with_blanks_is_found_by_its_bare_name(tmp_path):
  path = tmp_path / "a.csv"
  path.write_text("text, n , label\nx,5,1\ny,6,0\n")
  named = inputs.Csv(str(path), features=["n"], dtypes={"n": "float32"})
  assert named.read().features["n"][:].tolist() == [5, 6]
  as_it_is = inputs.Csv(str(path), label=" label").read()
  assert list(as_it_is.features) == ["text", " n "]
  stream = inputs.open_stream(str(path), "test")
  (batch,) = stream.batches({"n": inputs.FeatureSpec("int64")}, 9)
  assert batch["n"].tolist() == [5, 6]
