"""Columns of numbers become one vector, in training and in prediction."""

import numpy as np
import pytest

from hub_estimator import runs
from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, FeatureSpec, Vector
from tests.small_runs import make_regression, replace


@pytest.fixture
def table(tmp_path):
  rows = np.random.default_rng(0).normal(size=[40, 4]).round(3)
  path = tmp_path / "a.csv"
  lines = [f"{i},{','.join(map(str, r))},{r[0]}" for i, r in enumerate(rows)]
  path.write_text("id,a,b,c,d,label\n" + "\n".join(lines) + "\n")
  return str(path), rows


def test_columns_are_stacked_in_their_order(table):
  path, rows = table
  read = Vector(Csv(path), ["b", "a"]).read()
  assert read.specs()["vector"] == FeatureSpec("float32", (2,))
  assert set(read.features) == {"vector", "id", "c", "d"}
  np.testing.assert_array_equal(
    read.features["vector"][np.array([3, 1])],
    rows[[3, 1]][:, [1, 0]].astype(np.float32),
  )


@pytest.mark.parametrize(
  "columns, changes, why",
  [
    (["a", "e"], {}, "which .*a.csv doesn't have"),
    (["a"], {"dtypes": {"a": "string"}}, "isn't a number"),
    ("a", {}, "it is a list of columns"),
  ],
)
def test_what_is_no_column_of_numbers_is_refused(table, columns, changes, why):
  with pytest.raises(UserError, match=why):
    Vector(Csv(table[0], **changes), columns).read()


@pytest.mark.slow
def test_a_run_trains_on_a_vector_and_predicts_from_columns(
  table, dense, tmp_path
):
  path, rows = table
  source = Vector(
    Csv(path, features=["a", "b", "c", "d"]), ["a", "b", "c", "d"]
  )
  experiment = replace(
    make_regression(dense, "unused.npz"), train_input=source, eval_input=source
  )
  runs.train(experiment, tmp_path / "run")
  by_columns = runs.predict(tmp_path / "run", path, experiment=experiment)
  by_vector = runs.predict(
    tmp_path / "run",
    {"vector": rows.astype(np.float32)},
    experiment=experiment,
  )
  np.testing.assert_allclose(
    by_columns["predictions"], by_vector["predictions"], rtol=1e-6
  )
