import pytest

from hub_estimator.pictures import size_of
from tests.pictures.encoded import encode, exif, waves

KINDS = [
  ("JPEG", {}),
  ("JPEG", {"progressive": True, "exif": exif(6), "comment": b"\xff\xc0" * 9}),
  ("PNG", {}),
  ("GIF", {}),
  ("BMP", {}),
  ("WEBP", {}),
  ("WEBP", {"lossless": True}),
  ("WEBP", {"exif": exif(1)}),
]


@pytest.mark.parametrize(("kind", "options"), KINDS, ids=str)
@pytest.mark.parametrize("size", [(1, 1), (300, 20), (17, 260)])
def test_the_size_is_that_of_the_stored_picture(kind, options, size):
  content = encode(waves(*size), kind, **options)
  assert size_of(content) == size[::-1]
  assert size_of(content[:2000]) == size[::-1]


def test_anything_else_has_no_size():
  assert size_of(b"text") is None
  assert size_of(b"\xff\xd8\xff\xe0\x00\x10JFIF") is None
