"""People read accuracy first, and never the mean of the labels."""

from hub_estimator.model_dir import headline


def test_accuracy_comes_first_and_losses_last():
  metrics = {
    "label/mean": 0.5,
    "loss": 0.4,
    "recall": 0.7,
    "auc": 0.9,
    "my_metric": 3.0,
    "average_loss": 0.3,
    "accuracy_baseline": 0.5,
    "prediction/mean": 0.4,
    "accuracy": 0.8,
    "global_step": 20,
  }
  assert list(headline(metrics).items()) == [
    ("accuracy", 0.8),
    ("auc", 0.9),
    ("recall", 0.7),
    ("my_metric", 3.0),
    ("average_loss", 0.3),
    ("loss", 0.4),
  ]


def test_metrics_of_several_heads_stay_together_by_kind():
  metrics = {
    "average_loss/b": 1.0,
    "accuracy/b": 0.2,
    "label/mean/a": 0.1,
    "average_loss/a": 2.0,
    "accuracy/a": 0.1,
    "accuracy_baseline/a": 0.5,
  }
  assert list(headline(metrics)) == [
    "accuracy/a",
    "accuracy/b",
    "average_loss/a",
    "average_loss/b",
  ]


def test_pictures_and_numbers_that_are_not_finite_as_text_are_no_scores():
  assert headline({"confusion": b"png", "loss": "nan", "auc": 1}) == {
    "auc": 1.0
  }
