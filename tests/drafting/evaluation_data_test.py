"""Evaluation data is found beside training data, by name."""

import os

import pytest

from hub_estimator.drafting.evaluation_data import find_evaluation

pytestmark = pytest.mark.newest


@pytest.mark.parametrize(
  "held, path, wanted",
  [
    (["a/train/", "a/valid/"], "a", ("a/train", "a/valid")),
    (["a/Train/", "a/Test/"], "a/", ("a/Train", "a/Test")),
    (["a/cat/", "a/test/"], "a", ("a", None)),
    (
      ["train.csv", "test.csv", "dev.csv"],
      "train.csv",
      ("train.csv", "dev.csv"),
    ),
    (
      ["x-train.csv.gz", "x-eval.csv.gz"],
      "x-train.csv.gz",
      ("x-train.csv.gz", "x-eval.csv.gz"),
    ),
    (["a/train/", "a/val/"], "a/train", ("a/train", "a/val")),
    (["trains.csv", "evals.csv"], "trains.csv", ("trains.csv", None)),
    (["train.csv"], "train.csv", ("train.csv", None)),
  ],
)
def test_evaluation_data_is_found(tmp_path, monkeypatch, held, path, wanted):
  monkeypatch.chdir(tmp_path)
  for name in held:
    if name.endswith("/"):
      os.makedirs(name)
    else:
      open(name, "w").close()
  assert find_evaluation(path) == wanted
