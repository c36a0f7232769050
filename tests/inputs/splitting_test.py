"""A row is for training or for evaluation, whatever the rows beside it."""

import dataclasses

import numpy as np
import pytest

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, ImageFolder, Jsonl, Split
from tests.image_folders import write_images
from tests.inputs.rows import Rows

pytestmark = pytest.mark.newest


def _x(source, part, **kwargs):
  return Split(source, part, **kwargs).read().features["x"][:].tolist()


def test_the_parts_are_a_partition_of_about_the_wanted_size():
  train, held_out = (_x(Rows(0, 2000), part) for part in ("train", "eval"))
  assert sorted(train + held_out) == list(range(2000))
  assert 340 < len(held_out) < 460  # 20 % of 2,000, within 3.4 deviations.
  assert train == sorted(train)
  half = _x(Rows(0, 2000), "eval", eval_percent=50)
  assert set(held_out) < set(half)
  read = Split(Rows(0, 30), "train").read()
  assert (read.labels == (read.features["x"][:] % 2 == 0)).all()


def test_a_row_stays_in_its_part_when_others_come():
  small = set(_x(Rows(0, 100), "eval"))
  assert small == set(_x(Rows(0, 200), "eval")) & set(range(100))


def test_equal_rows_are_in_the_same_part_whatever_their_labels(tmp_path):
  path = tmp_path / "a.csv"
  path.write_text(
    "text,label\n" + "".join(f"t{i % 50},{i}\n" for i in range(200))
  )
  parts = [
    set(Split(Csv(str(path)), part).read().features["text"][:].tolist())
    for part in ("train", "eval")
  ]
  assert parts[0] and parts[1] and not parts[0] & parts[1]


def test_lists_of_any_length_and_images_are_split(tmp_path):
  path = tmp_path / "a.jsonl"
  path.write_text(
    "".join(f'{{"x": {list(range(i % 35))}, "label": 0}}\n' for i in range(70))
  )
  sizes = [len(Split(Jsonl(str(path)), p).read()) for p in ("train", "eval")]
  assert sum(sizes) == 70 and all(size % 2 == 0 for size in sizes)
  write_images(tmp_path / "here", {"cat": 20, "dog": 20})
  (tmp_path / "there").symlink_to(tmp_path / "here")
  paths = [
    [
      p[-9:]
      for p in inputs.file_paths(Split(f, "eval").read().features["image"])
    ]
    for f in (
      ImageFolder(str(tmp_path / "here")),
      ImageFolder(str(tmp_path / "there")),
    )
  ]
  assert paths[0] == paths[1] and 1 <= len(paths[0]) < 20


@dataclasses.dataclass(frozen=True)
class _Pair:
  first: str
  second: str

  def read(self):
    features = {
      n: np.array([getattr(self, n).encode()] * 2, object)
      for n in ("first", "second")
    }
    return inputs.Examples(features, None, "pair")


def test_a_part_without_rows_and_wrong_settings_are_refused():
  with pytest.raises(UserError, match="none of the 2 rows of pair"):
    # Both rows are equal, so they are in one part.
    for part in ("train", "eval"):
      Split(_Pair("a", "b"), part).read()
  with pytest.raises(UserError, match="did you mean 'train'"):
    Split(Rows(0, 2), "trian")
  with pytest.raises(UserError, match="between 0 and 100"):
    Split(Rows(0, 2), "train", eval_percent=100)
