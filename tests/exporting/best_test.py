import numpy as np
import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from hub_estimator.exporting import best
from hub_estimator.exporting.exports import Exports
from hub_estimator.model_dir import read_json
from tests.small_runs import make_experiment, replace


def _metrics(**values):
  return {"loss": 0.5, "accuracy": 0.5, **values}


@pytest.mark.parametrize(
  "metric, first, second, better",
  [
    ("accuracy", 0.5, 0.6, True),
    ("accuracy", 0.5, 0.5, False),
    ("accuracy", 0.5, 0.4, False),
    ("accuracy", 0.5, float("nan"), False),
    ("loss", 0.5, 0.4, True),
    ("loss", 0.5, 0.5, False),
    ("loss", 0.5, 0.6, False),
  ],
)
def test_better_is_strictly_better(tmp_path, metric, first, second, better):
  exports = Exports(["best"], best_metric=metric)
  metrics = _metrics(**{metric: first})
  assert best.is_better(tmp_path, exports, metrics)
  best.record(tmp_path, exports, metrics, step=1, number=1)
  assert (
    best.is_better(tmp_path, exports, _metrics(**{metric: second})) == better
  )


def test_nan_is_not_best_even_at_first(tmp_path):
  exports = Exports(["best"], best_metric="loss")
  assert not best.is_better(tmp_path, exports, {"loss": float("nan")})


def test_a_missing_metric_is_refused(tmp_path, dense, numbers_npz):
  exports = Exports(["best"], best_metric="acuracy")
  with pytest.raises(UserError, match="did you mean 'accuracy'"):
    best.is_better(tmp_path, exports, _metrics())
  with pytest.raises(UserError, match="exports.best_metric 'acuracy'"):
    runs.train(
      make_experiment(dense, numbers_npz, exports=exports),
      str(tmp_path / "run"),
    )
  assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_best_has_its_module_and_survives_a_restart(
  dense, numbers_npz, tmp_path
):
  run = str(tmp_path / "run")
  # The largest loss is best here, so each evaluation is worse than the first.
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=Exports(
      ["latest", "best"], best_metric="loss", best_is_smaller=False
    ),
    max_steps=10,
  )
  first = runs.train(experiment, run)
  model = tmp_path / "run" / first.exports["best"]["model"]
  assert (
    tmp_path
    / "run"
    / first.exports["best"]["module"]
    / "module"
    / "tfhub_module.pb"
  ).exists()
  state = read_json(tmp_path / "run" / "export" / "best" / "best.json")
  np.testing.assert_allclose(state["value"], first.metrics["loss"])
  # Restarted, and worse from here on: the best stays, the latest moves on.
  worse = replace(experiment, max_steps=20)
  second = runs.train(worse, run)
  assert second.metrics["loss"] < first.metrics["loss"]
  assert second.exports["best"] == first.exports["best"]
  assert (
    second.exports["latest"]["version"] != first.exports["latest"]["version"]
  )
  assert model.exists()
  # Killed between the version and its state file: the manifest has the value.
  (tmp_path / "run" / "export" / "best" / "best.json").unlink()
  assert not best.is_better(
    tmp_path / "run" / "export" / "best", worse.exports, second.metrics
  )
