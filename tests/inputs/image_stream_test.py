import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, Images, open_stream

_GIF = b"GIF89a;"


def test_images_of_all_folders_are_read_in_the_order_of_their_paths(tmp_path):
  (tmp_path / "b").mkdir()
  for name in ("c.gif", "b/z.gif", "a.GIF", "b/notes.txt"):
    (tmp_path / name).write_bytes(b"hi" if name.endswith("txt") else _GIF)
  images = Images(str(tmp_path))
  assert images.files == ("a.GIF", "b/z.gif", "c.gif")
  batches = list(images.batches({"image": FeatureSpec("string")}, 2))
  assert [b["image"].tolist() for b in batches] == [[_GIF] * 2, [_GIF]]


def test_another_feature_is_refused(tmp_path):
  (tmp_path / "a.gif").write_bytes(_GIF)
  for specs in (
    {"x": FeatureSpec("float32", (2,))},
    {"x": FeatureSpec("string"), "image": FeatureSpec("string")},
  ):
    with pytest.raises(UserError, match="has no feature 'x'"):
      list(Images(str(tmp_path)).batches(specs, 2))


def test_images_fill_the_only_feature_under_any_name(tmp_path):
  (tmp_path / "a.gif").write_bytes(_GIF)
  (batch,) = Images(str(tmp_path)).batches({"photo": FeatureSpec("string")}, 2)
  assert batch["photo"].tolist() == [_GIF]


def test_images_are_found_by_content_and_others_counted(tmp_path, caplog):
  (tmp_path / "deep" / "deeper").mkdir(parents=True)
  (tmp_path / ".hidden").mkdir()
  for name in ("a.jfif", "no_ending", "deep/deeper/b", ".hidden/c.gif"):
    (tmp_path / name).write_bytes(_GIF)
  (tmp_path / "d.txt").write_text("BM is how a bitmap starts, but this is text")
  images = Images(str(tmp_path))
  assert images.files == ("a.jfif", "deep/deeper/b", "no_ending")
  assert "3 images; ignored 2 files that aren't images: 1 .gif, 1 .txt" in (
    caplog.text
  )


def test_a_folder_without_images_is_refused(tmp_path):
  with pytest.raises(UserError, match="has no images"):
    open_stream(str(tmp_path), "test")
