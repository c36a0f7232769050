import csv
import io

import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import csv_rows
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.bad_records import BadRecords


def _read(tmp_path, text, **kwargs):
  path = tmp_path / "a.csv"
  path.write_bytes(text.encode())
  account = Account(str(path))
  rows = list(csv_rows.read_rows(str(path), account=account, **kwargs))
  return [list(row.values()) for _, row in rows], account, rows


@pytest.mark.parametrize(
  "text",
  [
    'a,b\n"x, y",1\n"two\nlines","3"\n',
    'a,b\r\n"say ""hi""",1\r\n\r\nz,\r\n',
    'a,b\nmid"dle,1\n"",2\n',
    'a,b\n"x" y,1\n"p"q"r",2\nz,3\n',
    'a,b\n"x" y"z",1\nlast,2',
  ],
)
def test_rows_equal_those_of_pythons_reader(tmp_path, text):
  found, _, _ = _read(tmp_path, text)
  wanted = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
  assert found == wanted[1:]


@pytest.mark.parametrize(
  ("text", "line", "follow"),
  [
    ('a,b\n1,x\n2,"y\n3,z\n', 3, 1),
    ('a,b\n1,x\n2,"y', 3, 0),
    ('a,b\n1,"x\ny"\n2,"', 4, 0),
    ('a,b\n1,"x" z\n2,"\n3,\n', 3, 1),
    ('a,b\n"1\n2","x\n3,y\n', 3, 1),
  ],
)
def test_a_quote_that_is_never_closed_is_named_by_its_line(
  tmp_path, text, line, follow
):
  with pytest.raises(
    UserError, match=f"line {line}: a quote opens .* and {follow} lines follow"
  ):
    _read(tmp_path, text)


def test_skipping_an_open_quote_loses_one_line(tmp_path):
  bad = BadRecords("skip")
  text = 'a,b\n1,x\n2,"y\n3,z\n4,q\n'
  rows, account, _ = _read(tmp_path, text, bad=bad)
  assert rows == [["1", "x"], ["3", "z"], ["4", "q"]]
  assert (bad.skipped, account.lines) == (1, 5)


def test_without_quoting_a_quote_is_a_character(tmp_path):
  rows, account, _ = _read(tmp_path, 'a,b\n1,"x\n2,y"\n', quoting="none")
  assert rows == [["1", '"x'], ["2", 'y"']]
  assert account.notes == []


def test_a_row_that_swallows_rows_is_noted(tmp_path):
  rows, account, _ = _read(tmp_path, 'n,t\n1,"a\n2,b\n3,c"\n4,d\n')
  assert len(rows) == 2
  (note,) = account.notes
  assert "spans the lines 2 to 4, 2 of which look like rows" in note


def test_a_text_of_several_lines_is_no_oddity(tmp_path):
  _, account, rows = _read(
    tmp_path, 'n,t\n1,"Dear all,\nhello, you\nbye"\n4,d\n'
  )
  assert account.notes == []
  assert [line for line, _ in rows] == [2, 5]


def test_a_blank_line_is_a_row_of_a_file_of_one_column_only(tmp_path):
  rows, _, _ = _read(tmp_path, "t\na\n\nb\n")
  assert rows == [["a"], [""], ["b"]]
  rows, account, _ = _read(tmp_path, "t,n\na,1\n\nb,2\n")
  assert rows == [["a", "1"], ["b", "2"]]
  assert (account.lines, account.blank) == (4, 1)


def test_an_open_quote_in_the_header_is_refused_even_if_rows_are_skipped(
  tmp_path,
):
  with pytest.raises(UserError, match="quote of the header is never closed"):
    _read(tmp_path, '"a,b\n1,2\n', bad=BadRecords("skip"))
