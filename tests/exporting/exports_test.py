import pytest

from hub_estimator.errors import UserError
from hub_estimator.exporting.exports import ExportContext, Exports


@pytest.mark.parametrize(
  "fields",
  [{"kinds": ["bset"]}, {"kinds": "best"}, {"keep": 0}, {"keep": True}],
)
def test_settings_that_make_no_sense_are_refused(fields):
  with pytest.raises(UserError, match="exports"):
    Exports(**fields)


@pytest.mark.parametrize(
  "metric, best_is_smaller, expected",
  [
    ("loss", None, True),
    ("label/mean_error", None, True),
    ("accuracy", None, False),
    ("loss", False, False),
    ("accuracy", True, True),
  ],
)
def test_the_direction_follows_the_metric_unless_it_is_given(
  metric, best_is_smaller, expected
):
  exports = Exports(best_metric=metric, best_is_smaller=best_is_smaller)
  assert exports.smaller_is_better() == expected


@pytest.mark.parametrize(
  "verify, examples, expected",
  [(True, [b"e"], True), (True, [], False), (False, [b"e"], False)],
)
def test_versions_are_verified_if_there_are_examples(
  verify, examples, expected
):
  context = ExportContext(Exports(verify=verify), lambda: None, {}, examples)
  assert context.verifies == expected
