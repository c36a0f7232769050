import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, FeatureSpec
from hub_estimator.inputs.classes import name

pytestmark = pytest.mark.usefixtures("in_memory_and_in_files")


def _csv(tmp_path, text, **kwargs):
  path = tmp_path / "a.csv"
  path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
  return Csv(str(path), **kwargs)


def test_columns_get_the_narrowest_type_that_holds_all(tmp_path):
  examples = _csv(
    tmp_path, 'text,n,x,mixed,label\n"a, b",1,0.5,1,yes\nc,2,3,z,no\n'
  ).read()
  assert examples.specs() == {
    "text": FeatureSpec("string"),
    "n": FeatureSpec("int64"),
    "x": FeatureSpec("float32"),
    "mixed": FeatureSpec("string"),
  }
  assert examples.features["text"][:].tolist() == [b"a, b", b"c"]
  assert name(examples).classes == ("no", "yes")
  assert name(examples).labels.tolist() == [1, 0]


def test_a_stated_type_wins(tmp_path):
  examples = _csv(
    tmp_path, "zip,label\n01234,1\n", dtypes={"zip": "string"}
  ).read()
  assert examples.features["zip"][:].tolist() == [b"01234"]


def test_quoted_line_breaks_unicode_and_a_byte_order_mark(tmp_path):
  examples = _csv(
    tmp_path, b"\xef\xbb\xbf" + 'text,label\n"zwei\nZeilen ☃",1\n'.encode()
  ).read()
  assert examples.features["text"][:].tolist() == ["zwei\nZeilen ☃".encode()]


def test_a_text_of_ten_megabytes_is_read(tmp_path):
  text = "x" * 10_000_000
  examples = _csv(tmp_path, f"text,label\n{text},1\n").read()
  assert len(examples.features["text"][:][0]) == len(text)


@pytest.mark.parametrize(
  "text, kwargs, why",
  [
    ("a,label\n1,1\n1\n", {}, "line 3: 1 fields, and the header has 2"),
    ("a,label\n", {}, "no examples"),
    ("", {}, "no examples"),
    ("a,a\n1,1\n", {}, "repeats a column"),
    ("a,lable\n1,1\n", {}, "no column 'label'; did you mean 'lable'"),
    (b"a,label\n\xff,1\n", {}, "isn't UTF-8"),
    (
      "a,label\nx,1\n",
      {"dtypes": {"a": "int64"}},
      "line 2: 'a' is 'x', not int64",
    ),
    ("a,label\nx,1\n", {"dtypes": {"a": "int"}}, "did you mean 'int64'"),
  ],
)
def test_a_problem_is_reported_with_its_line(tmp_path, text, kwargs, why):
  with pytest.raises(UserError, match=why):
    _csv(tmp_path, text, **kwargs).read()


def test_bad_rows_are_skipped_and_counted_on_request(tmp_path):
  text = "a,label\n1,1\n2\nx,0\n3,0\n"
  examples = _csv(
    tmp_path, text, dtypes={"a": "int64"}, bad_records="skip"
  ).read()
  assert examples.features["a"][:].tolist() == [1, 3]
  assert examples.labels.tolist() == [1, 0]
  assert examples.skipped == 2


def test_a_file_of_bad_rows_alone_has_no_examples(tmp_path):
  source = _csv(
    tmp_path, "a,label\nx,1\n", dtypes={"a": "int64"}, bad_records="skip"
  )
  with pytest.raises(UserError, match="no examples; bad rows skipped: 1"):
    source.read()
