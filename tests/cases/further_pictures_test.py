"""Further pictures: as Pillow shows them, or named."""

import numpy as np
import pytest
from PIL import Image

from hub_estimator import inputs, pictures
from hub_estimator.errors import UserError
from tests.pictures.encoded import (
  by_pillow,
  cut_jpeg,
  decode,
  encode,
  exif,
  waves,
)

PICTURE = waves(40, 30)
PALETTE = PICTURE.quantize(16)
RED = Image.new("RGB", (8, 8), (255, 0, 0))
RED.putpixel((0, 0), (0, 255, 0))


@pytest.fixture(scope="module")
def finder():
  with pictures.DamageFinder() as made:
    yield made


@pytest.mark.parametrize(
  "content",
  [
    encode(PICTURE.convert("CMYK"), "JPEG", quality=90),
    encode(PICTURE, "JPEG", quality=1),
    encode(PICTURE, "JPEG", icc_profile=b"x" * 70_000),
    encode(PICTURE, "JPEG") + encode(PICTURE.rotate(180), "JPEG"),
    encode(PICTURE, "MPO", save_all=True, append_images=[PICTURE.rotate(9)]),
    encode(PICTURE.resize((900, 1)), "JPEG", progressive=True),
    encode(PICTURE.convert("LA"), "PNG"),
    encode(PALETTE, "PNG", transparency=3),
    encode(PALETTE, "PNG", bits=4, exif=exif(8)),
    encode(RED, "PNG", transparency=(255, 0, 0)),
    encode(RED.convert("L"), "PNG", transparency=76),
    encode(PICTURE, "PNG", save_all=True, append_images=[RED]),
    encode(PALETTE, "GIF", transparency=3),
    encode(PICTURE.crop((0, 0, 7, 5)), "BMP"),
    encode(PICTURE.convert("1"), "BMP"),
  ],
)
def test_a_picture_of_any_making_is_as_pillow_shows_it(finder, content):
  assert finder.find(content) is None
  found, wanted = decode(content).astype(int), by_pillow(content)
  assert found.shape == wanted.shape
  exact = not content.startswith(b"\xff\xd8")
  assert np.abs(found - wanted).max() <= (0 if exact else 7)


def test_sixteen_bits_become_the_upper_eight(finder):
  values = (np.arange(1200).reshape(30, 40) * 54).astype(np.uint16)
  found = decode(encode(Image.fromarray(values), "PNG"))
  np.testing.assert_array_equal(found[..., 0], values >> 8)


@pytest.mark.parametrize(
  "content",
  [
    b"",
    b"<html><body>404 Not Found</body></html>",
    encode(PICTURE, "TIFF"),
    encode(PICTURE, "PPM"),
    encode(PICTURE, "PNG")[:-12],
    encode(PICTURE, "JPEG")[: -len(b"\xff\xd9")],
    cut_jpeg(encode(PICTURE, "JPEG")),
    cut_jpeg(encode(PICTURE, "JPEG", progressive=True), 0.3),
    encode(PALETTE, "GIF")[:400] + b"\x00;",
  ],
)
def test_what_only_ends_like_a_picture_is_named_and_skipped(tmp_path, content):
  for name in ("cat", "dog"):
    (tmp_path / "all" / name).mkdir(parents=True)
    for i in range(2):
      whole = encode(PICTURE.rotate(i), "PNG")
      (tmp_path / "all" / name / f"{i}.PNG").write_bytes(whole)
  (tmp_path / "all" / "dog" / "bad.jpg").write_bytes(content)
  source = inputs.ImageFolder(str(tmp_path / "all"))
  with pytest.raises(UserError, match=r"dog/bad\.jpg: ") as told:
    source.read()
  assert "\n" not in str(told.value)
  skipping = inputs.ImageFolder(source.path, bad_records="skip").read()
  assert (len(skipping), skipping.skipped) == (4, 1)
  table = tmp_path / "a.csv"
  table.write_text("path,label\ncat/0.PNG,0\ndog/bad.jpg,1\ndog/1.PNG,1\n")
  listed = inputs.ImageTable(
    inputs.Csv(str(table)), folder=source.path, bad_records="skip"
  ).read()
  assert (listed.labels.tolist(), listed.skipped) == ([0, 1], 1)


def test_files_of_the_desktop_are_no_pictures(tmp_path):
  folder = tmp_path / "all" / "cat"
  folder.mkdir(parents=True)
  (folder / "a.jpeg").write_bytes(encode(PICTURE, "JPEG"))
  (folder / "._a.jpeg").write_bytes(b"\x00\x05\x16\x07Mac OS X")
  (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
  (folder / ".DS_Store").write_bytes(b"\x00\x00\x00\x01Bud1")
  examples = inputs.ImageFolder(str(tmp_path / "all")).read()
  assert len(examples) == 1
  assert "ignored 3 files" in examples.notes[0]
