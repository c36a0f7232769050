import gin
import pytest

from hub_estimator import config
from hub_estimator.errors import UserError
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles


def test_gin_binds_names(dense):
  config.parse([], [f"handles.names = {{'small': {dense!r}}}"])
  try:
    assert resolve("small").path == dense
  finally:
    gin.clear_config()
  with pytest.raises(UserError, match="'small' .* doesn't exist"):
    resolve("small")


@pytest.mark.parametrize("table", ["x", {"a": 3}, {"": "b"}])
def test_a_table_that_maps_no_strings_is_refused(table):
  with pytest.raises(UserError, match="handles.names is .* strings to strings"):
    Handles(names=table)
