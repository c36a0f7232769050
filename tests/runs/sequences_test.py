"""Lists of a run's examples fit its modules, or are refused with their rows."""

import logging

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Examples, FeatureSpec, Ragged
from hub_estimator.model import encoders
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.preprocessing import Adapter
from hub_estimator.runs.sequences import fit_examples, log_padding, open_specs
from tests import sequence_modules
from tests.small_runs import make_experiment, replace

RAGGED = Ragged(np.array([1, 2, 3]), [1, 2])
FIXED = np.array([[1, 2, 3], [4, 5, 6]])


@pytest.fixture(scope="module")
def ids(tmp_path_factory) -> str:
  return sequence_modules.ids_module(
    str(tmp_path_factory.mktemp("m") / "ids"), "input_ids"
  )


@pytest.fixture(scope="module")
def short(tmp_path_factory) -> str:
  return sequence_modules.ids_module(
    str(tmp_path_factory.mktemp("m") / "short"), "input_ids", (None, 2)
  )


def _experiment(handle, **adapter):
  return replace(
    make_experiment(handle, "unused.csv"),
    encoder=encoders.Encoder(ModuleSource(handle), Adapter(**adapter)),
  )


def _fit(handle, *columns, **adapter):
  parts = [
    Examples({"input_ids": c}, None, f"part {c is RAGGED}") for c in columns
  ]
  return fit_examples(
    _experiment(handle, **adapter), {"module": read_module_info(handle)}, parts
  )


@pytest.mark.parametrize("columns", [(RAGGED, FIXED), (FIXED, FIXED[:, :2])])
def test_parts_of_different_lengths_are_opened(ids, columns):
  for part, column in zip(_fit(ids, *columns), columns, strict=True):
    assert part.specs() == {"input_ids": FeatureSpec("int64", (None,))}
    np.testing.assert_array_equal(part.features["input_ids"][:], column[:])


def test_parts_of_one_length_stay_as_they_are(ids):
  for part in _fit(ids, FIXED, FIXED):
    assert part.features["input_ids"] is FIXED


def test_single_values_are_no_lists(ids):
  single = np.array([1, 2])
  fixed, other = _fit(ids, FIXED, single)
  assert fixed.specs() != other.specs()
  assert other.features["input_ids"] is single


@pytest.mark.parametrize("adapter", [{}, {"pooling": "flatten"}])
def test_a_module_of_one_length_refuses_others_by_row(ids, short, adapter):
  handle = ids if adapter else short
  with pytest.raises(
    UserError,
    match="part True: 'input_ids' has 1 values in example 0 and 2 in example 1, "
    "and the module's input 'input_ids'",
  ):
    _fit(handle, RAGGED, FIXED, **adapter)


def test_specs_of_tokens_are_opened_for_prediction(ids, short):
  specs = {
    "input_ids": FeatureSpec("int64", (2,)),
    "other": FeatureSpec("bool"),
  }

  def opened(handle, **adapter):
    infos = {"module": read_module_info(handle)}
    return open_specs(_experiment(handle, **adapter), infos, specs)

  assert opened(ids) == specs | {"input_ids": FeatureSpec("int64", (None,))}
  assert opened(short) == opened(ids, pooling="flatten") == specs


def test_padding_is_logged_with_the_lengths(caplog):
  with caplog.at_level(logging.INFO, logger="hub_estimator"):
    log_padding([Examples({"a": RAGGED, "b": FIXED}, None, "data")])
  (record,) = caplog.records
  assert record.getMessage() == (
    "data: 'a' holds 1 to 2 values an example; each batch is padded with 0 to its "
    "longest."
  )
