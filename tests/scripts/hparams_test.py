"""HParams keep names and types, as those of `tf.contrib.training` did."""

import pytest

from hub_estimator.scripts.hparams import HParams


@pytest.fixture
def hparams():
  return HParams(rate=0.1, steps=10, sizes=[3, 4], name="a", fast=False)


def test_a_line_sets_values_in_their_types(hparams):
  text = "rate=1e-3, steps=20,sizes=[5,6,7],name=b c,fast=true"
  assert hparams.parse(text) is hparams
  assert hparams.values() == {
    "rate": 0.001,
    "steps": 20,
    "sizes": [5, 6, 7],
    "name": "b c",
    "fast": True,
  }
  assert hparams.sizes == [5, 6, 7]


def test_values_pass_through_json(hparams):
  other = HParams(**dict.fromkeys(hparams.values())).parse_json(
    hparams.to_json()
  )
  assert other.values() == hparams.values()


@pytest.mark.parametrize(
  "text, why",
  [
    ("rat=1", "Unknown hyperparameter: rat"),
    ("steps=1.5", "invalid literal"),
    ("sizes=3", "sizes is a list"),
    ("steps=[3]", "steps is no list"),
    ("fast=maybe", "is no bool"),
    ("rate 3", "Could not parse"),
  ],
)
def test_what_does_not_fit_is_refused(hparams, text, why):
  with pytest.raises(ValueError, match=why):
    hparams.parse(text)


def test_names_are_those_that_were_given(hparams):
  with pytest.raises(KeyError, match="other"):
    hparams.set_hparam("other", 1)
  with pytest.raises(ValueError, match="reserved"):
    hparams.add_hparam("parse", 1)
  with pytest.raises(ValueError, match="steps is an int"):
    hparams.set_hparam("steps", 2.5)
  assert hparams.get("steps") == 10
  assert hparams.get("other", 3) == 3
  hparams.del_hparam("steps")
  assert "steps" not in hparams
