import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, Images, open_stream

_GIF = b"GIF89a;"


def test_images_of_all_folders_are_read_in_the_order_of_their_paths(tmp_path):
  (tmp_path / "b").mkdir()
  for name in ("c.gif", "b/z.gif", "a.GIF", "b/notes.txt"):
    (tmp_path / name).write_bytes(_GIF)
  images = Images(str(tmp_path))
  assert images.files == ("a.GIF", "b/z.gif", "c.gif")
  batches = list(images.batches({"image": FeatureSpec("string")}, 2))
  assert [b["image"].tolist() for b in batches] == [[_GIF] * 2, [_GIF]]


def test_another_feature_is_refused(tmp_path):
  (tmp_path / "a.gif").write_bytes(_GIF)
  with pytest.raises(UserError, match="has no feature 'text'"):
    list(Images(str(tmp_path)).batches({"text": FeatureSpec("string")}, 2))


def test_a_folder_without_images_is_refused(tmp_path):
  with pytest.raises(UserError, match="has no images; they end in .jpg"):
    open_stream(str(tmp_path), "test")
