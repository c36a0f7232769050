"""Images of a folder, a batch at a time."""

import pathlib
from collections.abc import Iterator, Mapping

from hub_estimator.errors import UserError
from hub_estimator.inputs import arrays, image_files
from hub_estimator.inputs.interface import Batch, FeatureSpec


class Images:
  """A stream of the images of a folder and the folders in it, sorted by path.

  Attributes:
    path: the folder.
    names: "image" alone; its values are encoded.
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
    self.files = tuple(
      str(p.relative_to(root))
      for p in sorted(root.rglob("*"))
      if image_files.is_image(p) and p.is_file()
    )
    if not self.files:
      raise UserError(
        f"{path} has no images; they end in {', '.join(image_files.SUFFIXES)}."
      )

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    """Returns the type of encoded images; see `Stream`."""
    del name, wanted
    return FeatureSpec("string")

  def batches(
    self, specs: Mapping[str, FeatureSpec], batch_size: int
  ) -> Iterator[Batch]:
    """Yields encoded images; see `Stream`."""
    for name in specs:
      if name not in self.names:
        raise UserError(
          f"{self.path} is a folder of images, and has no feature {name!r}."
        )
    for first in range(0, len(self.files), batch_size):
      contents = []
      for name in self.files[first : first + batch_size]:
        file = pathlib.Path(self.path, name)
        problem = image_files.find_problem(file)
        if problem:
          raise UserError(f"{file}: {problem}.")
        contents.append(file.read_bytes())
      yield {"image": arrays.strings(contents)}
