import random

import numpy as np
import pytest
from PIL import Image

from hub_estimator.pictures import DamageFinder, jpegs
from tests.pictures.encoded import (
  cut_jpeg,
  decode,
  encode,
  exif,
  jpeg_data,
  waves,
)

WAYS = (
  {},
  {"progressive": True},
  {"restart_marker_blocks": 5},
  {"subsampling": 0, "quality": 95},
)


@pytest.fixture(scope="module")
def finder():
  with DamageFinder() as made:
    yield made


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("color", [None, "white", "gray"])
def test_a_whole_jpeg_decodes_to_the_same_with_more_data(finder, way, color):
  image = waves() if color is None else Image.new("RGB", (64, 48), color)
  for picture in (image, image.convert("L"), image.resize((1, 1))):
    content = encode(picture, "JPEG", **way)
    more = jpegs.with_more_data(content)
    assert len(more) > len(content)
    np.testing.assert_array_equal(decode(more), decode(content))
    assert not jpegs.lacks_scans(content)
    assert finder.find(content) is None
    assert finder.find(content + b"\x00behind its end\xff\xd9" * 9) is None


@pytest.mark.parametrize(
  ("way", "share"),
  [
    (way, share)
    for way in WAYS
    for share in (0.2, 0.5, 0.9)
    # The last scan of a progressive one holds but the last bits of its pixels.
    if share < 0.9 or "progressive" not in way
  ],
  ids=str,
)
def test_a_jpeg_without_its_middle_is_found(finder, way, share):
  content = encode(waves(), "JPEG", **way)
  cut = cut_jpeg(content, share)
  assert decode(cut).shape == (90, 120, 3)  # Without a word.
  assert finder.find(cut) == "data of the JPEG is missing"


def test_a_block_of_a_disk_that_is_lost_is_found(finder):
  content = encode(waves(400, 300), "JPEG")
  found = 0
  for seed in range(10):
    at = random.Random(seed).randrange(jpeg_data(content), len(content) - 3000)
    lost = content[:at] + bytes(2048) + content[at + 2048 :]
    found += finder.find(lost) is not None
  assert found >= 9


def test_missing_data_of_a_picture_that_is_turned_is_found(finder):
  content = encode(waves(83, 61), "JPEG", exif=exif(6))
  cut = cut_jpeg(content)
  assert finder.find(content) is None
  assert finder.find(cut) == "data of the JPEG is missing"


def test_no_word_of_damage_is_printed_for_whole_jpegs(finder, capfd):
  for way in WAYS:
    assert finder.find(encode(waves(), "JPEG", **way)) is None
  assert "orrupt" not in capfd.readouterr().err


def test_arithmetic_coding_is_left_to_the_decoder():
  content = encode(waves(), "JPEG").replace(b"\xff\xc0", b"\xff\xc9", 1)
  assert jpegs.with_more_data(content) is content


def test_markers_where_none_may_be_are_found_with_their_place():
  content = encode(waves(), "JPEG")
  at = (jpeg_data(content) + len(content)) // 2
  damaged = content[:at] + b"\xff\x03" + content[at:]
  assert jpegs.find_damage(damaged) == f"the JPEG is damaged at byte {at}"
  assert jpegs.find_damage(content) is None
  assert jpegs.find_damage(content[:-2]) == "the image is cut short"
