import pathlib

import numpy as np
import pytest

from hub_estimator.inputs.image_files import (
  find_damage,
  find_problem,
  is_image,
)
from hub_estimator.tensorflow_runtime import tf


@pytest.mark.parametrize(
  ("name", "expected"),
  [("a.JPG", True), ("a.jpeg", True), ("a.bmp", True), ("a.txt", False)],
)
def test_images_are_told_by_their_suffix_in_any_case(name, expected):
  assert is_image(pathlib.Path(name)) is expected


@pytest.mark.parametrize(
  ("content", "problem"),
  [
    (b"GIF89a;", None),
    (b"GIF89a;" + bytes(20), None),  # Padded.
    (b"GIF89a", "the image is cut short"),
    (b"", "not a JPEG, PNG, GIF or BMP image"),
  ],
)
def test_a_file_is_judged_by_its_first_and_last_bytes(
  tmp_path, content, problem
):
  path = tmp_path / "a.gif"
  path.write_bytes(content)
  assert find_problem(path) == problem


def test_damage_in_a_png_is_reported_with_its_byte():
  with tf.Graph().as_default(), tf.Session() as session:
    png = session.run(tf.io.encode_png(np.zeros([9, 9, 3], np.uint8)))
  assert find_damage(png) is None
  assert find_damage(png + b"\0" * 9) is None  # Padded.
  assert find_damage(b"\xff\xd8\xff of a JPEG") is None
  for at in range(16, len(png) - 1):  # Behind the first chunk's length.
    flipped = png[:at] + bytes([png[at] ^ 1]) + png[at + 1 :]
    assert find_damage(flipped) is not None, at
    assert find_damage(png[:at]) == "the PNG is cut short"
