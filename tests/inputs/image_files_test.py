import pathlib

from hub_estimator.inputs.image_files import describe_ignored, list_images

_GIF = b"GIF89a;"


def test_files_are_images_by_content_or_by_ending(tmp_path):
  (tmp_path / "within").mkdir()
  contents = {
    "a.txt": _GIF,
    "b.JPG": b"no image",
    "within/c": _GIF,
    "d.txt": b"text",
    ".DS_Store": b"",
  }
  for name, content in contents.items():
    (tmp_path / name).write_bytes(content)
  listing = list_images(tmp_path)
  assert [p.name for p in listing.images] == ["a.txt", "b.JPG", "c"]
  assert [p.name for p in listing.ignored] == [".DS_Store", "d.txt"]


def test_ignored_files_are_counted_by_ending():
  names = ["a.txt", "b.TXT", "c.tif", "d"] + [f"{i}.{i}" for i in range(9)]
  text = describe_ignored(map(pathlib.Path, names))
  assert text.startswith("2 .txt, 1 .tif, 1 without an ending, ")
  assert text.endswith("7 others")
