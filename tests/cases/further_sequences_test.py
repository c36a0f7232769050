"""Further sequences: what is padding never counts, and what can't be meant is named."""

import json

import numpy as np
import pytest

from hub_estimator import inputs, runs
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.modules import ModuleSource
from tests import sequence_modules
from tests.small_runs import make_experiment, replace


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
  """Modules of words, of ids, and of sparse inputs."""
  root = tmp_path_factory.mktemp("m")
  return {
    "tokens": sequence_modules.words_module(str(root / "words")),
    "default": sequence_modules.ids_module(str(root / "ids"), "input_ids"),
    "sparse": sequence_modules.sparse_module(str(root / "sparse")),
  }


def _write(path, **columns) -> str:
  rows = zip(*columns.values(), strict=True)
  path.write_text(
    "".join(
      json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows
    )
  )
  return str(path)


def _check(modules, signature, path):
  source = inputs.Jsonl(path)
  encoder = encoders.Encoder(
    ModuleSource(
      modules[signature],
      signature=signature,
      output="elmo" if signature == "tokens" else None,
    )
  )
  return runs.check(
    replace(
      make_experiment(modules[signature], "unused.csv"),
      encoder=encoder,
      train_input=source,
      eval_input=source,
    )
  )


@pytest.mark.parametrize(
  ("lengths", "why"),
  [
    ([3, 1], "'sequence_len' of example 0 is 3, and 'tokens' has 2 values"),
    ([2, -1], "of example 1 is -1, and 'tokens' has 1 values"),
    ([2.5, 1], "'sequence_len' of example 0 is 2.5"),
  ],
)
def test_counts_that_no_list_has_are_named(modules, tmp_path, lengths, why):
  path = _write(
    tmp_path / "a.jsonl",
    tokens=[["a", "b"], ["c"]] * 2,
    sequence_len=lengths * 2,
    label=[0, 1] * 2,
  )
  with pytest.raises(UserError, match=why):
    _check(modules, "tokens", path)


def test_a_sentence_for_a_list_of_words_is_named(modules, tmp_path):
  path = _write(
    tmp_path / "a.jsonl",
    tokens=["one", "two words"],
    sequence_len=[1, 1],
    label=[0, 1],
  )
  with pytest.raises(
    UserError, match="example 1 is 'two words'.*lists of words"
  ):
    _check(modules, "tokens", path)


@pytest.mark.parametrize(
  ("ids", "why"),
  [
    ([[1, 2.0], [3]], "is float32, and the module wants int64"),
    ([[1, None], [3]], "'input_ids' of line 1 is None"),
    ([[[1, 2], [3]], [[5, 6]]], "lists in a column have one depth"),
    ([5, [3]], "lists in a column have one depth"),
    (["5 7", "3"], "is string, and the module wants int64"),
    ([[2**63], [3]], "which int64 doesn't hold"),
  ],
)
def test_ids_that_are_none_are_named(modules, tmp_path, ids, why):
  path = _write(tmp_path / "a.jsonl", input_ids=ids, label=[0, 1])
  with pytest.raises(UserError, match=why) as told:
    _check(modules, "default", path)
  assert "\n" not in str(told.value)


def test_empty_lists_are_told(modules, tmp_path):
  path = _write(
    tmp_path / "a.jsonl", input_ids=[[], [3], [4, 5]], label=[0, 1, 1]
  )
  checked = _check(modules, "default", path)
  assert "1 of 3 lists are empty, the first in example 0" in (
    checked.report.text()
  )


@pytest.mark.parametrize("batch_size", [1, 2, 5])
@pytest.mark.parametrize(
  ("name", "rows"),
  [
    ("words", [["ä", "日本"], [], ["c"], ["d", "e", "f"], ["g"]]),
    ("ids", [[5, 0], [1, 2, 3], [], [7], [7, 7]]),
  ],
)
def test_the_rows_beside_a_row_say_nothing(
  modules, tmp_path, name, rows, batch_size
):
  path = _write(tmp_path / "a.jsonl", **{name: rows})
  found = runs.apply(
    modules["sparse"],
    path,
    signature=name,
    outputs=["default"],
    batch_size=batch_size,
  )["default"]
  wanted = sequence_modules.apply(modules["sparse"], name, **{name: rows})
  np.testing.assert_allclose(found, wanted["default"], rtol=1e-5)


@pytest.mark.parametrize(
  ("name", "row", "why"),
  [
    ("ids", [1, 99], "rows 1 to 1: the module fails on them: .*99"),
    (
      "numbers",
      [1.0, 2, 3, 4],
      r"line 1: 'numbers' is .* float32 \[5\] is want",
    ),
  ],
)
def test_apply_names_the_rows_that_fail(modules, tmp_path, name, row, why):
  path = _write(tmp_path / "a.jsonl", **{name: [row]})
  with pytest.raises(UserError, match=why):
    runs.apply(modules["sparse"], path, signature=name, outputs=["default"])
