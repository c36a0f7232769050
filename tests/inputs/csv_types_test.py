import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, FeatureSpec

pytestmark = pytest.mark.usefixtures("in_memory_and_in_files")


def _csv(tmp_path, text, **kwargs):
  path = tmp_path / "a.csv"
  path.write_text(text)
  return Csv(str(path), **kwargs)


def _column(*values):
  return "v,label\n" + "".join(f'"{v}",1\n' for v in values)


@pytest.mark.parametrize(
  ("values", "line"), [(["1", "", "3"], 3), (["1.5", "2", "  "], 4)]
)
def test_a_blank_number_is_named_or_filled_or_skipped(tmp_path, values, line):
  text = _column(*values)
  with pytest.raises(UserError, match=f"line {line}: 'v' is blank"):
    _csv(tmp_path, text).read()
  filled = _csv(tmp_path, text, defaults={"v": 9}).read()
  assert filled.features["v"][:].tolist()[line - 2] == 9
  skipped = _csv(tmp_path, text, bad_records="skip").read()
  assert (len(skipped), skipped.skipped) == (2, 1)
  kept = _csv(tmp_path, text, dtypes={"v": "string"}).read()
  assert kept.features["v"][:].tolist() == [v.encode() for v in values]


@pytest.mark.parametrize("labels", ["0,\n1,x", "0,no\n1,"])
def test_a_blank_label_is_refused(tmp_path, labels):
  text = f"v,label\n{labels}\n"
  with pytest.raises(UserError, match="line [23]: 'label' is blank"):
    _csv(tmp_path, text).read()


def test_blank_text_is_counted(tmp_path):
  examples = _csv(tmp_path, "v,label\na,1\n,0\nb,1\n,1\n").read()
  assert examples.features["v"][:].tolist() == [b"a", b"", b"b", b""]
  assert any(
    "'v' is '' in line 3, which is blank (2 of 4" in note
    for note in examples.notes
  )


def test_a_column_of_numbers_with_a_text_in_it_is_reported(tmp_path):
  examples = _csv(tmp_path, _column("1", "2", "x", "4")).read()
  assert examples.specs() == {"v": FeatureSpec("string")}
  (note,) = examples.notes
  assert note.startswith("column 'v' is text in line 4: 'x'")
  assert "1 of 4 values" in note


@pytest.mark.parametrize("value", ["1,234", "1_05", "1.234,5"])
def test_separators_are_never_read_over(tmp_path, value):
  examples = _csv(tmp_path, _column(value, "7", "8")).read()
  assert examples.features["v"][:][0] == value.encode()
  assert "1 of them have separators" in examples.notes[0]
  with pytest.raises(UserError, match=f"line 2: 'v' is '{value}', not int64"):
    _csv(tmp_path, _column(value, "7"), dtypes={"v": "int64"}).read()


@pytest.mark.parametrize("value", [2**63, 2**64, -(2**63) - 1])
def test_integers_that_int64_does_not_hold_are_refused(tmp_path, value):
  with pytest.raises(UserError, match=f"line 3: 'v' is {value}, which int64"):
    _csv(tmp_path, _column(1, value)).read()
  kept = _csv(tmp_path, _column(1, value), dtypes={"v": "string"}).read()
  assert kept.features["v"][:][1] == str(value).encode()


def test_the_ends_of_int64_are_read(tmp_path):
  examples = _csv(tmp_path, _column(2**63 - 1, -(2**63))).read()
  assert examples.features["v"][:].tolist() == [2**63 - 1, -(2**63)]


def test_nan_zeros_in_front_rounding_and_repeats_are_reported(tmp_path):
  examples = _csv(
    tmp_path,
    "x,zip,id,label\nnan,01234,16777217,1\n2,04,0.5,0\n2,04,0.5,0\n",
  ).read()
  assert np.isnan(examples.features["x"][:][0])
  notes = "\n".join(examples.notes)
  assert "'x' is 'nan' in line 2, which isn't a finite number (1 of 3" in notes
  assert "'zip' is '01234' in line 2, which is a number that starts" in notes
  assert "'id' is '16777217' in line 2, which is an integer that" in notes
  assert "1 of 3 rows equal an earlier row" in notes
  assert examples.lines == 4


@pytest.mark.parametrize("field", ["dtypes", "defaults"])
def test_a_misspelt_column_is_refused(tmp_path, field):
  value = {"dtypes": "int64", "defaults": 0}[field]
  with pytest.raises(UserError, match=f"{field} names .*'w'.*'v|{field}.*w"):
    _csv(tmp_path, _column(1), **{field: {"w": value}}).read()
