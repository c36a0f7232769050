"""A run's metrics are added to its head's, for classifiers only."""

import pathlib

import pytest

from hub_estimator import heads, optimizers, runs
from hub_estimator.errors import UserError
from hub_estimator.model import metrics
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment


@pytest.mark.slow
def test_binary_f1_is_of_class_one_and_labels_may_be_strings(
  text, sentences_csv, tmp_path
):
  csv = tmp_path / "words.csv"
  csv.write_text(
    pathlib.Path(sentences_csv)
    .read_text()
    .replace(",1", ",yes")
    .replace(",0", ",no")
  )
  experiment = make_experiment(
    text,
    str(csv),
    head=heads.Binary(["no", "yes"]),
    metrics=[metrics.F1()],
    optimizer=optimizers.SGD(0.5),
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  precision, recall = result.metrics["precision"], result.metrics["recall"]
  assert precision > 0 and recall > 0
  assert result.metrics["f1"] == pytest.approx(
    2 * precision * recall / (precision + recall), rel=1e-5
  )


class _Loss:
  def build(self, labels, predictions, weights):
    return {"loss": tf.metrics.mean(predictions["probabilities"])}


@pytest.mark.slow
@pytest.mark.parametrize(
  "head, added, message",
  [
    (heads.Binary(), [metrics.TopK(2)], "has 2 classes: all would be"),
    (heads.Binary(), [metrics.F1(), metrics.F1()], "two metrics named"),
    (heads.Binary(), [_Loss()], "named 'loss', as the run's own is"),
    (heads.Binary(), [metrics.PerClass(["a"])], "it must be a list of 2 names"),
    (heads.LogisticRegression(), [metrics.F1()], "need a classification head"),
  ],
)
def test_a_metric_that_does_not_fit_is_refused_before_training(
  dense, numbers_npz, tmp_path, head, added, message
):
  experiment = make_experiment(dense, numbers_npz, head=head, metrics=added)
  with pytest.raises(UserError, match=message):
    runs.train(experiment, str(tmp_path / "run"))
  assert not (tmp_path / "run").exists()


def test_a_metric_that_is_not_called_is_refused(dense, numbers_npz):
  with pytest.raises(UserError, match="it must be a list of metrics, called"):
    make_experiment(dense, numbers_npz, metrics=[metrics.F1])
