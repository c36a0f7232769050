import io
import random

import numpy as np
import pytest
from PIL import Image

from hub_estimator.pictures import DamageFinder, gifs
from tests.pictures.encoded import by_pillow, decode, encode, waves


@pytest.fixture(scope="module")
def finder():
  with DamageFinder() as made:
    yield made


FLAT = Image.new("RGB", (70, 30), "white")


@pytest.mark.parametrize("options", [{}, {"interlace": 1}, {"interlace": 0}])
@pytest.mark.parametrize("colors", [2, 7, 256])
def test_a_whole_gif_has_no_damage(options, colors):
  for image in (waves(300, 200), waves(1, 1), FLAT):
    content = encode(image.quantize(colors), "GIF", **options)
    assert gifs.find_damage(content) is None
    assert gifs.find_damage(content + b"behind its end") is None


def test_the_first_picture_of_an_animation_counts():
  frames = [waves().quantize(9), waves(120, 90).rotate(90).quantize(9)]
  whole = encode(
    frames[0], "GIF", save_all=True, append_images=frames[1:], loop=0
  )
  assert gifs.find_damage(whole) is None


def test_missing_rows_are_found():
  content = encode(waves(300, 200).quantize(64), "GIF")
  for end in (len(content) // 3, len(content) - 300):
    # Blocks of 255 bytes: the file ends as a whole one does.
    cut = content[:end] + b"\x00;"
    assert gifs.find_damage(cut) == "data of the GIF is damaged or missing"


def test_what_pillow_refuses_is_found(finder):
  content = encode(waves(60, 40).quantize(32), "GIF")
  refused = 0
  for seed in range(60):
    draw = random.Random(seed)
    at = draw.randrange(120, len(content) - 2)
    damaged = content[:at] + draw.randbytes(1) + content[at + 1 :]
    try:
      Image.open(io.BytesIO(damaged)).convert("RGB")
    except (OSError, EOFError, SyntaxError):
      refused += 1
      assert finder.find(damaged)
      continue
    if finder.find(damaged) is None:
      np.testing.assert_array_equal(decode(damaged), by_pillow(damaged))
  assert refused > 5


def test_a_gif_of_too_many_bits_is_damaged():
  content = encode(FLAT.quantize(2), "GIF")
  bits = content.index(b",\x00\x00\x00\x00") + 10
  assert content[bits] == 8
  damaged = content[:bits] + b"\xff" + content[bits + 1 :]
  assert gifs.find_damage(damaged) == "data of the GIF is damaged or missing"
  assert gifs.find_damage(content[:bits]) == gifs.find_damage(damaged)
