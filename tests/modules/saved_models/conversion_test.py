import os
import pathlib
import shutil

import pytest

from hub_estimator import handles
from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info, saved_models


def test_a_damaged_saved_model_gets_one_line_and_leaves_nothing(
  keras, tmp_path, cache
):
  broken = tmp_path / "broken"
  shutil.copytree(keras, broken)
  (data,) = (broken / "variables").glob("*.data*")
  data.write_bytes(data.read_bytes()[:10])
  with pytest.raises(UserError, match="variables hold 10 bytes of ") as e:
    read_module_info(str(broken))
  assert "\n" not in str(e.value)
  assert not list(cache.rglob("*/*"))


@pytest.mark.slow
def test_it_is_converted_once_and_again_after_a_change(keras, tmp_path, cache):
  def convert(path):
    return saved_models.convert(handles.resolve(str(path)))

  source = tmp_path / "copy"
  shutil.copytree(keras, source)
  first = convert(source)
  before = os.stat(first).st_mtime_ns
  assert convert(keras) == first
  assert os.stat(first).st_mtime_ns == before
  graph = source / "saved_model.pb"
  graph.write_bytes(graph.read_bytes() + b"\xfa\x3f\x00")  # An unknown field.
  assert convert(source) != first
  assert len(list((cache / "hub_estimator_saved_models").iterdir())) == 2


@pytest.mark.slow
def test_reading_writes_only_the_module_of_a_saved_model(keras, dense, cache):
  assert saved_models.module_directory(handles.resolve(dense)) == dense
  assert not cache.exists()
  converted = saved_models.module_directory(handles.resolve(keras))
  assert converted == saved_models.convert(handles.resolve(keras))
  assert (cache / "hub_estimator_saved_models") in pathlib.Path(
    converted
  ).parents
