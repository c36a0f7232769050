import random

import pytest
from PIL import Image

from hub_estimator.pictures.formats import (
  DECODES_WEBP,
  find_problem,
  kind_of,
)
from tests.pictures.encoded import NOISE, encode

COLORS = Image.fromarray(NOISE[..., :3]).resize((60, 50))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WebP"])
def test_a_kind_is_told_by_its_first_bytes(kind):
  content = encode(COLORS, kind.upper())
  assert kind_of(content[:32]) == kind
  if kind != "WebP" or DECODES_WEBP:
    assert find_problem(content) is None
    assert find_problem(content + b"behind its end" * 50) is None


@pytest.mark.parametrize(
  "content",
  [b"", b"BM", b"BMW is no bitmap, but a text of more than 32 bytes", b"RIFF"],
)
def test_anything_else_is_no_picture(content):
  assert kind_of(content[:32]) is None
  problem = "not a JPEG, PNG, GIF, BMP or WebP image"
  assert find_problem(content) == problem


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF"])
def test_a_picture_that_is_cut_is_found(kind):
  content = encode(COLORS, kind)
  for end in (len(content) - 2, len(content) // 2):
    cut = content[:end]
    if kind == "GIF":
      cut = cut.replace(b";", b":")
    assert find_problem(cut) == "the image is cut short"


def test_damage_in_a_png_is_reported_with_its_byte():
  png = encode(COLORS, "PNG")
  for at in range(16, len(png) - 1, 7):  # Behind the first chunk's length.
    flipped = png[:at] + bytes([png[at] ^ 1]) + png[at + 1 :]
    assert find_problem(flipped) is not None, at


def test_noise_in_the_middle_of_a_jpeg_is_found():
  jpeg = encode(COLORS, "JPEG", quality=95)
  found = 0
  for seed in range(20):
    middle = len(jpeg) // 2
    noise = random.Random(seed).randbytes(600)
    problem = find_problem(jpeg[:middle] + noise + jpeg[middle + 600 :])
    found += problem is not None and "damaged at byte" in problem
  assert found >= 15


def test_progressive_jpegs_and_restarts_are_whole():
  for options in (
    {"progressive": True},
    {"restart_marker_blocks": 2},
    {"quality": 100, "comment": b"\xff\xd9\xff\xd8"},
  ):
    assert find_problem(encode(COLORS, "JPEG", **options)) is None
