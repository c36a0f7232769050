import logging

from hub_estimator.inputs.account import Account


def test_lines_are_logged_against_rows_and_oddities_kept(caplog):
  caplog.set_level(logging.INFO, "hub_estimator")
  account = Account("f.csv")
  account.lines, account.blank = 5, 1
  account.note("odd.")
  account.close(3, 1)
  assert account.notes == ["odd."]
  assert caplog.messages == [
    "f.csv: odd.",
    "f.csv: 3 rows from 5 lines; 1 blank lines; 1 bad rows skipped.",
  ]
