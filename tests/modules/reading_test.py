import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info


def test_the_attached_image_size_is_read(shared_module):
  path = shared_module("enlite0_96_feature_vector")
  assert read_module_info(path).image_size == (96, 96)


def test_a_broken_saved_model_gets_one_line(tmp_path):
  (tmp_path / "saved_model.pb").write_bytes(b"\xff\xff\xff")
  (tmp_path / "tfhub_module.pb").write_bytes(b"\x08\x03")
  with pytest.raises(UserError, match="can't be read") as caught:
    read_module_info(str(tmp_path))
  assert "\n" not in str(caught.value)
