"""Folders of small images, for tests."""

import pathlib
from collections.abc import Mapping

import numpy as np
from PIL import Image


def write_images(
  folder: pathlib.Path,
  counts: Mapping[str, int],
  *,
  size: int = 8,
  seed: int = 0,
) -> None:
  """Writes `<folder>/<class>/<i>.png`; classes differ in their brightness.

  Args:
    folder: of the folders of classes; is made.
    counts: images by class.
    size: height and width in pixels.
    seed: of the pixels.
  """
  rng = np.random.default_rng(seed)
  for place, (name, count) in enumerate(counts.items()):
    (folder / name).mkdir(parents=True)
    low = 200 * place // len(counts)
    for i in range(count):
      pixels = rng.integers(low, low + 50, [size, size, 3], np.uint8)
      Image.fromarray(pixels).save(folder / name / f"{i}.png")
