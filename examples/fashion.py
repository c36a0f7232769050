"""Fashion-MNIST: images of ten kinds of clothing, 28 x 28 pixels.

Xiao, Rasul and Vollgraf 2017 (MIT, arXiv:1708.07747), from Debian's package
dataset-fashion-mnist. Part of configs/sweeps/images.gin.
"""

import dataclasses
import gzip
import pathlib
import shutil
import subprocess
import tempfile

import gin
import numpy as np
from hub_estimator.examples import registry

from hub_estimator import inputs
from hub_estimator.errors import UserError

_PACKAGE = "dataset-fashion-mnist"
_INSTALLED = pathlib.Path("/usr/share/datasets/fashion-mnist")
_FILES = {"train": "train", "eval": "t10k"}


@gin.register("fashion_mnist", module="examples")
@dataclasses.dataclass(frozen=True)
class FashionMnist:
  """Images, uint8 [28, 28], with labels 0 to 9.

  Attributes:
    split: "train" has 60,000 examples, "eval" 10,000.
    n_examples: how many of the first examples to use; None uses all.
  """

  split: str
  n_examples: int | None = None

  def read(self) -> inputs.Examples:
    """Returns the split's examples, with the feature "image" and labels.

    Raises:
      UserError: there is no such split, or its package can't be downloaded.
    """
    if self.split not in _FILES:
      raise UserError(
        f"examples.fashion_mnist.split is {self.split!r}; it must be "
        "'train' or 'eval'."
      )
    folder = _folder()
    name = _FILES[self.split]
    images = _read_idx(folder / f"{name}-images-idx3-ubyte.gz", header=16)
    labels = _read_idx(folder / f"{name}-labels-idx1-ubyte.gz", header=8)
    return inputs.Examples(
      features={"image": images.reshape(-1, 28, 28)[: self.n_examples]},
      labels=labels[: self.n_examples].astype(np.int64),
      source=f"examples.fashion_mnist {self.split!r}",
    )


def _folder() -> pathlib.Path:
  """Returns the folder of the files; the package is unpacked, never installed."""
  if _INSTALLED.is_dir():
    return _INSTALLED

  def make(path: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
      for command in (
        ["apt-get", "download", _PACKAGE],
        ["sh", "-c", f"dpkg-deb -x {_PACKAGE}_*.deb unpacked"],
      ):
        done = subprocess.run(
          command, cwd=scratch, capture_output=True, text=True, check=False
        )
        if done.returncode:
          last = (done.stderr.strip().splitlines() or ["no output"])[-1]
          raise UserError(f"{' '.join(command)} failed: {last}")
      unpacked = pathlib.Path(scratch, "unpacked")
      shutil.copytree(unpacked / _INSTALLED.relative_to("/"), path)

  return registry.made_once("fashion_mnist", make)


def _read_idx(path: pathlib.Path, *, header: int) -> np.ndarray:
  return np.frombuffer(gzip.decompress(path.read_bytes())[header:], np.uint8)
