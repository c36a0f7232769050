import math

import numpy as np

from hub_estimator.model_dir import results


def test_a_result_is_read_as_it_was_written(tmp_path):
  result = results.Result(
    state=results.FINISHED,
    steps=3,
    metrics={"accuracy": np.float32(0.5)},
    best={"accuracy": {"value": 0.5, "step": 3}},
    exports={},
    seconds={"total": 1.0},
  )
  results.write(tmp_path / "result.json", result)
  assert results.read(tmp_path / "result.json") == result


def test_best_is_largest_for_scores_and_smallest_for_losses():
  best = results.best_of(
    {
      1: {"accuracy": 0.5, "loss": 0.3},
      2: {"accuracy": 0.7, "loss": 0.2},
      3: {"accuracy": 0.7, "loss": 0.4},
      4: {"accuracy": math.nan, "loss": math.nan},
    }
  )
  assert best == {
    "accuracy": {"value": 0.7, "step": 2},
    "loss": {"value": 0.2, "step": 2},
  }


def test_json_gets_only_what_it_knows():
  value = {
    "bytes": b"a",
    "picture": b"\xff\x00",
    "array": np.array([[1, 2]]),
    "number": np.int64(3),
    "nan": math.nan,
    "nested": [np.float32(0.5), {"inf": math.inf}],
  }
  assert results.plain(value) == {
    "bytes": "a",
    "picture": {"b64": "/wA="},
    "array": [[1, 2]],
    "number": 3,
    "nan": "nan",
    "nested": [0.5, {"inf": "inf"}],
  }
