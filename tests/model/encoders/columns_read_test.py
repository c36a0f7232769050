"""Features that reach the top without a module."""

from hub_estimator.model import columns, encoders


def test_columns_inside_of_others_are_found():
  of_columns = encoders.Columns(
    [columns.Numeric("age"), columns.Numeric("size")]
  )
  assert encoders.columns_read(of_columns) == {"age", "size"}
  assert encoders.columns_read(encoders.Concat([of_columns])) == {"age", "size"}
