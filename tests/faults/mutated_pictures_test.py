"""Pictures with mistakes: decoded as Pillow decodes them, or refused in one line."""

import collections
import os
import random

import numpy as np
import pytest

from hub_estimator import pictures
from hub_estimator.pictures.formats import DECODES_WEBP
from tests.pictures.encoded import (
  by_pillow,
  by_pillow_as_stored,
  decode,
  encode,
  exif,
  jpeg_by_slow_transform,
  jpeg_data,
  waves,
)

pytestmark = pytest.mark.newest

COUNT = int(os.environ.get("HUB_ESTIMATOR_MUTATED_DATA", "40"))
SHARE = 50
KINDS = ["JPEG", "PNG", "GIF", "BMP"] + ["WEBP"] * DECODES_WEBP


def _picture(draw: random.Random, kind: str) -> bytes:
  image = waves(draw.randrange(1, 50), draw.randrange(1, 50))
  mode = draw.choice(["RGB", "RGB", "L", "P", "1", "RGBA"])
  if kind in ("JPEG", "WEBP") and mode != "L":
    mode = "RGB"
  options = {}
  if mode == "RGBA":
    image.putalpha(image.convert("L"))
  if kind == "JPEG":
    options = draw.choice([{}, {"progressive": True}, {"quality": 30}])
  if kind == "JPEG" and draw.randrange(3) == 0:
    options = {**options, "exif": exif(draw.randrange(1, 9))}
  return encode(image.convert(mode), kind, **options)


def _mutated(draw: random.Random, content: bytes) -> bytes:
  """Returns bytes with a mistake in them."""
  at = draw.randrange(len(content) + 1)
  kind = draw.randrange(8)
  if kind == 0:
    return content[:at] + draw.randbytes(1) + content[at + 1 :]
  if kind == 1:
    return content[:at] + content[at + 1 :]
  if kind == 2:
    return content[:at] + draw.randbytes(draw.randrange(1, 9)) + content[at:]
  if kind == 3:
    return content[:at]
  if kind == 4:
    return content[:at] + bytes(40) + content[at + 40 :]
  if kind == 5:
    return content[:at] + draw.randbytes(40) + content[at + 40 :]
  if kind == 6:
    return content + draw.randbytes(9)
  at = min(at, 30)
  return content[:at] + draw.randbytes(1) + content[at + 1 :]


def _check(draw: random.Random, finder: pictures.DamageFinder) -> str:
  """Checks one picture, and returns "same", "refused" or "unlike"."""
  kind = draw.choice(KINDS)
  whole = _picture(draw, kind)
  content = _mutated(draw, whole)
  problem = finder.find(content)
  if problem is not None:
    assert problem
    assert "\n" not in problem
    return "refused"
  found = decode(content)
  try:
    wanted = by_pillow(content)
  except OSError:
    assert (
      kind == "WEBP"
    )  # Of the last bits of its data, libwebp's versions differ.
    return "unlike"
  if kind == "GIF" and content[6:10] != whole[6:10]:
    return "unlike"  # Another screen behind the picture, which TensorFlow leaves out.
  assert found.shape == wanted.shape
  # Decoders of JPEG and WebP round in their own ways.
  most = 0 if kind in ("PNG", "GIF", "BMP") else 12
  if np.abs(found.astype(int) - wanted).max() <= most:
    return "same"
  assert kind == "JPEG"
  start = jpeg_data(whole)
  if content[:start] == whole[:start]:
    # Huge numbers overflow in TensorFlow's fast transform.
    exact = jpeg_by_slow_transform(content)
    assert np.abs(exact.astype(int) - by_pillow_as_stored(content)).max() <= 1
  return "unlike"


@pytest.fixture(scope="module")
def finder():
  with pictures.DamageFinder() as made:
    yield made


@pytest.mark.parametrize("share", range(0, COUNT, SHARE))
def test_pictures_are_decoded_as_pillow_does_or_refused(finder, share):
  found = collections.Counter(
    _check(random.Random(f"pictures {seed}"), finder)
    for seed in range(share, min(share + SHARE, COUNT))
  )
  if found.total() >= 10:
    assert found["same"]
    assert found["refused"]
  assert found["unlike"] <= found.total() / 10
