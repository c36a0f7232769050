"""Images of a folder, a batch at a time."""

import logging
import pathlib
from collections.abc import Iterator, Mapping

from hub_estimator import pictures
from hub_estimator.errors import UserError
from hub_estimator.inputs import arrays, image_files
from hub_estimator.inputs.interface import Batch, FeatureSpec

_log = logging.getLogger(__name__)


class Images:
  """A stream of the images of a folder and the folders in it, sorted by path.

  Attributes:
    path: the folder.
    names: "image" alone; its values are encoded. `batches` reads them under any
      name.
    files: paths within the folder, one a row.
  """

  names: tuple[str, ...] = ("image",)

  def __init__(self, path: str) -> None:
    """Lists the images.

    Raises:
      UserError: there are none.
    """
    self.path = path
    root = pathlib.Path(path)
    listing = image_files.list_images(root)
    self.files = tuple(str(p.relative_to(root)) for p in listing.images)
    ignored = image_files.describe_ignored(listing.ignored)
    if not self.files:
      raise UserError(
        f"{path} has no images" + (f"; it has {ignored}." if ignored else ".")
      )
    if ignored:
      _log.warning(
        "%s: %d images; ignored %d files that aren't images: %s.",
        path,
        len(self.files),
        len(listing.ignored),
        ignored,
      )

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    """Returns the type of encoded images; see `Stream`."""
    del name, wanted
    return FeatureSpec("string")

  def batches(
    self, specs: Mapping[str, FeatureSpec], batch_size: int
  ) -> Iterator[Batch]:
    """Yields encoded images; see `Stream`."""
    feature = self._feature(specs)
    for first in range(0, len(self.files), batch_size):
      contents = []
      for name in self.files[first : first + batch_size]:
        file = pathlib.Path(self.path, name)
        contents.append(file.read_bytes())
        problem = pictures.find_problem(contents[-1])
        if problem:
          raise UserError(f"{file}: {problem}.")
      yield {feature: arrays.strings(contents)}

  def _feature(self, specs: Mapping[str, FeatureSpec]) -> str:
    """Returns the feature that images fill: the only one, if it holds strings."""
    if list(specs) == ["image"]:
      return "image"
    for name, spec in specs.items():
      if len(specs) > 1 or spec != FeatureSpec("string"):
        raise UserError(
          f"{self.path} is a folder of images, and has no feature {name!r}, which "
          f"is {spec}."
        )
    return next(iter(specs))
