"""Files for the scripts of docs/migrating.md.

    python -m hub_estimator.examples.old_data

It makes a csv file of movie sentences, a folder of digits, each for training and for
evaluation, and their modules, and prints the commands of step 1.
"""

import csv
import pathlib
import shutil

import gin
import numpy as np
from hub_estimator.examples import digits, efficientnet, movies, registry

_SENTENCES = {"train": 2048, "eval": 512}
# Every fifth digit is held out.
_EVAL_EVERY = 5
_DIGITS = 500


@gin.register("old_movies", module="examples")
def old_movies(*, split: str) -> str:
  """Returns the path of a csv file with the columns sentence and label.

  Args:
    split: "train", 2048 rows, or "eval", 512 rows.
  """

  def make(path: pathlib.Path) -> None:
    read = movies.MovieSentences(split).read()
    labels = np.asarray(read.labels)
    with path.open("w", newline="", encoding="utf-8") as file:
      writer = csv.writer(file)
      writer.writerow(["sentence", "label"])
      for row in range(_SENTENCES[split]):
        (sentence,) = read.features["sentence"][row : row + 1]
        text = sentence.decode() if isinstance(sentence, bytes) else sentence
        writer.writerow([text, int(labels[row])])

  return str(registry.made_once(f"old_movies_{split}.csv", make))


@gin.register("old_digits", module="examples")
def old_digits(*, split: str) -> str:
  """Returns the path of a folder of images, `<digit>/<number>.png`.

  Args:
    split: "train", 400 images, or "eval", 100 others.
  """

  def make(path: pathlib.Path) -> None:
    images = sorted(
      pathlib.Path(digits.digit_images()).glob("*/*.png"), key=lambda p: p.name
    )
    for number, image in enumerate(images[:_DIGITS]):
      if (number % _EVAL_EVERY == 0) == (split == "eval"):
        copy = path / image.parent.name / image.name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, copy)

  return str(registry.made_once(f"old_digits_{split}", make))


def main() -> None:
  """Prints a command for each script."""
  folder = pathlib.Path(__file__).parent
  for name, module, data in (
    ("old_text", movies.glove50(), old_movies),
    ("old_images", efficientnet.efficientnet_lite0(image_size=32), old_digits),
  ):
    print(
      f"hub-estimator run {folder / name}.py --module={module} "
      f"--train={data(split='train')} --eval={data(split='eval')} "
      f"--model_dir=runs/{name}"
    )


if __name__ == "__main__":
  main()
