"""A result shows one fact a line, and a table in a notebook."""

from hub_estimator.model_dir import results

RESULT = results.Result(
  state=results.STOPPED_EARLY,
  steps=30,
  metrics={"accuracy": 0.75, "auc": "nan", "global_step": 30},
  best={"accuracy": {"value": 0.8125, "step": 20}},
  exports={
    "latest": {"version": 7, "model": "export/latest/model/7", "module": None},
    "best": {"error": "no <module>"},
  },
  seconds={"check": 1.234, "total": 5.0},
  skipped_records={"train": 2, "eval": 0},
)


def test_a_printed_result_has_one_fact_a_line():
  assert str(RESULT).splitlines() == [
    "Result: stopped early at step 30",
    "  accuracy       0.75 (best 0.8125 at step 20)",
    "  auc            nan",
    "  export latest  version 7, model export/latest/model/7",
    "  export best    failed: no <module>",
    "  skipped train  2 bad records",
    "  seconds        check 1.2, total 5.0",
  ]
  assert repr(RESULT) == str(RESULT)


def test_a_failed_result_leads_with_its_error():
  failed = results.Result(results.FAILED, 0, {}, {}, {}, {}, error="no data")
  assert str(failed).splitlines() == [
    "Result: failed at step 0",
    "  error  no data",
  ]


def test_a_notebook_shows_a_table_with_escaped_text():
  table = RESULT._repr_html_()
  assert table.count("<tr>") == len(str(RESULT).splitlines()) - 1
  assert "failed: no &lt;module&gt;" in table
  assert "<caption>Result: stopped early at step 30</caption>" in table
