"""A module tells its tokenizer, and strings in place of ids ask for it."""

import logging

import numpy as np
import pytest

from hub_estimator import runs, testing
from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec
from hub_estimator.model import Application, encoders
from hub_estimator.modules import (
  ModuleSource,
  SignatureInfo,
  TensorInfo,
  read_module_info,
)
from hub_estimator.preprocessing import Adapter
from hub_estimator.preprocessing.tokenizers import (
  Auto,
  Sentencepiece,
  Wordpiece,
  is_default,
)
from hub_estimator.tensorflow_runtime import tf
from tests import module_zoo
from tests.small_runs import make_experiment, replace

STRING, INTS = FeatureSpec("string", ()), FeatureSpec("int64", (None,))


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
  directory = tmp_path_factory.mktemp("m")
  return {
    "tokens": testing.token_module(directory / "tokens"),
    "albert": module_zoo.albert(directory / "albert"),
    "use_lite": module_zoo.use_lite(directory / "use_lite"),
  }


@pytest.mark.parametrize(
  "name, part, told",
  [
    (
      "tokens",
      Wordpiece,
      "wordpiece, told by its signature 'tokenization_info', in lowercase",
    ),
    (
      "albert",
      Sentencepiece,
      "sentencepiece, told by its signature 'tokenization_info', in lowercase",
    ),
    (
      "use_lite",
      Sentencepiece,
      "sentencepiece, told by its signature 'spm_path'",
    ),
  ],
)
def test_the_module_tells_the_tokenizer(modules, name, part, told):
  info = read_module_info(modules[name])
  auto = Auto(feature="s", max_length=9)
  assert auto.choose(info) == part(feature="s", max_length=9)
  assert auto.describe(info) == f"tokenizers.{told}"
  signature = info.signature("default" if name == "use_lite" else "tokens")
  assert auto.specs({"s": STRING}, signature) == (
    part(max_length=9).specs({"s": STRING}, signature)
  )
  with tf.Graph().as_default(), tf.Session() as session:
    features = {"s": tf.constant(["a good film", "", "bad"])}
    built = auto.build(features, signature, info)
    expected = part(max_length=9).build(features, signature, info)
    session.run(tf.tables_initializer())
    for got, wanted in zip(
      *session.run([list(built.values()), list(expected.values())]), strict=True
    ):
      np.testing.assert_array_equal(got, wanted)
  assert built.keys() == expected.keys()


def test_a_module_that_tells_too_little_is_refused(dense, tmp_path):
  with pytest.raises(
    UserError, match="tells neither a vocabulary nor a Senten"
  ):
    Auto().choose(read_module_info(dense))
  silent = testing.token_module(tmp_path / "m", tokenization_info=False)
  with pytest.raises(UserError, match=r"set .*@tokenizers.wordpiece\(\) and"):
    Auto().choose(read_module_info(silent))


def test_padding_is_that_of_the_chosen_tokenizer(modules):
  for handle in (modules["tokens"], modules["albert"]):
    assert Auto().padding_id(read_module_info(handle)) == 0


def test_the_only_strings_are_the_text():
  assert Auto().strings({"text": STRING, "n": INTS}) == ["text"]
  with pytest.raises(
    UserError, match="Several features may be the text: a, b; set"
  ):
    Auto().strings({"a": STRING, "b": STRING})


def _signature(*names):
  return SignatureInfo(
    dict.fromkeys(names, TensorInfo("int32", (None, None))), {}
  )


@pytest.mark.parametrize(
  "inputs, features, expected",
  [
    (("input_ids", "input_mask"), {"text": STRING}, True),
    (("input_ids", "input_mask"), {"text": STRING, "n": INTS}, True),
    (("input_ids",), {"text": STRING}, True),
    (("values", "indices", "dense_shape"), {"text": STRING}, True),
    (("input_ids",), {"text": INTS}, False),
    (("input_ids",), {"text": STRING, "input_ids": INTS}, False),
    (("values", "indices", "dense_shape"), {"values": INTS}, False),
    (("images",), {"text": STRING}, False),
    (("values", "indices"), {"text": STRING}, False),
  ],
)
def test_strings_in_place_of_ids_ask_for_a_tokenizer(
  inputs, features, expected
):
  assert is_default(_signature(*inputs), features) is expected


def test_arrays_tensors_and_types_are_told_to_be_strings():
  signature = _signature("input_ids")
  with tf.Graph().as_default():
    for value in (STRING, tf.constant(["a"]), np.array([b"a"], object)):
      assert is_default(signature, {"text": value})
    assert not is_default(signature, {"text": tf.constant([1])})


def test_inputs_that_the_user_names_are_no_text(modules):
  source = ModuleSource(modules["tokens"], signature="tokens")
  info = read_module_info(modules["tokens"])
  named = Application(source, Adapter(inputs={"input_ids": "text"}))
  assert named.fitted({"text": STRING}, info) is named
  plain = Application(source, Adapter())
  assert plain.fitted({"text": INTS}, info) is plain
  assert plain.fitted({"text": STRING}, info).adapter.tokenizer == Auto()


def _experiment(handle, data, adapter, **source):
  return replace(
    make_experiment(handle, data),
    encoder=encoders.Encoder(ModuleSource(handle, **source), adapter),
  )


TOKENS = {"signature": "tokens", "output": "pooled_output"}


@pytest.mark.slow
@pytest.mark.parametrize(
  "name, source", [("tokens", TOKENS), ("albert", TOKENS), ("use_lite", {})]
)
def test_a_check_of_strings_needs_no_tokenizer_and_says_which_it_is(
  modules, sentences_csv, name, source
):
  checked = runs.check(
    _experiment(modules[name], sentences_csv, Adapter(), **source)
  )
  told = Auto().describe(read_module_info(modules[name]))
  assert checked.tokenizers == {"module": told}


@pytest.mark.slow
@pytest.mark.parametrize(
  "name, trainable", [("albert", True), ("use_lite", False)]
)
def test_a_run_without_a_tokenizer_equals_one_with_it(
  modules, sentences_csv, tmp_path, caplog, name, trainable
):
  caplog.set_level(logging.INFO, logger="hub_estimator")
  source = {**(TOKENS if name == "albert" else {}), "trainable": trainable}
  losses = []
  for tokenizer in (None, Sentencepiece()):
    experiment = replace(
      _experiment(
        modules[name], sentences_csv, Adapter(tokenizer=tokenizer), **source
      ),
      max_steps=5,
      eval_every_steps=5,
    )
    result = runs.train(experiment, str(tmp_path / f"{tokenizer is None}"))
    assert ("Features aren't kept" in caplog.text) is trainable
    losses.append(result.metrics["loss"])
    told = "Module 'module': tokenizers.sentencepiece, told by its signature"
    assert (told in caplog.text) is (tokenizer is None)
    caplog.clear()
  assert losses[0] == losses[1]


def test_apply_tokenizes_strings(modules, tmp_path):
  path = tmp_path / "texts.csv"
  path.write_text("text\ngood film\nbad\n")
  given = {"signature": "tokens", "outputs": ["pooled_output"]}
  plain = runs.apply(modules["albert"], str(path), **given)
  named = runs.apply(
    modules["albert"],
    str(path),
    adapter=Adapter(tokenizer=Sentencepiece(feature="text")),
    **given,
  )
  np.testing.assert_array_equal(plain["pooled_output"], named["pooled_output"])
  runs.apply_to_file(
    modules["albert"], str(path), str(tmp_path / "out.npz"), **given
  )
  with np.load(tmp_path / "out.npz") as written:
    np.testing.assert_array_equal(
      written["pooled_output"], named["pooled_output"]
    )


def test_apply_does_not_choose_between_columns(modules, tmp_path):
  path = tmp_path / "texts.csv"
  path.write_text("text,n\ngood film,1\n")
  with pytest.raises(UserError, match="Several features may be the text: n, t"):
    runs.apply(modules["albert"], str(path), signature="tokens")
