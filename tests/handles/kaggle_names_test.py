"""Names on Kaggle are read as the site and handles write them."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles.kaggle_names import KaggleName, endpoint

pytestmark = pytest.mark.newest

NNLM = KaggleName("google", "nnlm", "tensorFlow1", "en-dim50", 1)


@pytest.mark.parametrize(
  "text",
  [
    "kaggle://google/nnlm/tensorFlow1/en-dim50/1",
    "KAGGLE://google/nnlm/TensorFlow1/en-dim50/1/",
    "https://www.kaggle.com/models/google/nnlm/TensorFlow1/en-dim50/1",
    "https://kaggle.com/models/google/nnlm/frameworks/TensorFlow1/variations/"
    "en-dim50/versions/1?tfhub-redirect=true#files",
  ],
)
def test_one_model_has_many_spellings(text):
  assert KaggleName.parse(text) == NNLM
  assert str(NNLM) == "kaggle://google/nnlm/tensorFlow1/en-dim50/1"


def test_the_version_may_be_left_out():
  short = KaggleName.parse("kaggle://google/nnlm/tensorFlow1/en-dim50")
  long = (
    "https://kaggle.com/models/google/nnlm/frameworks/tensorFlow1/variations/"
  )
  assert KaggleName.parse(f"{long}en-dim50") == short
  assert short.version is None
  assert KaggleName.parse(str(short)) == short


@pytest.mark.parametrize(
  "text",
  [
    "https://tfhub.dev/google/nnlm-en-dim50/1",
    "https://www.kaggle.com/datasets/a/b",
    "https://notkaggle.com/models/a/b/c/d/1",
    "gs://kaggle.com/models/a/b/c/d/1",
    "/models/a/b/c/d/1",
  ],
)
def test_other_places_are_none_of_kaggle(text):
  assert KaggleName.parse(text) is None


@pytest.mark.parametrize(
  "path",
  ["", "google/nnlm", "google/nnlm/tensorFlow1", "a/b/c/d/0", "a/b/c/d/v1"]
  + ["a/b/c/d/1/2", "a/b/../d/1/x", "a/b/c d/e/1"],
)
def test_an_incomplete_name_says_what_is_complete(path):
  with pytest.raises(UserError, match="kaggle://OWNER/MODEL/FRAMEWORK/VARIAT"):
    KaggleName.parse(f"kaggle://{path}")


def test_a_name_is_found_in_redirects_before_pages():
  new = "https://www.kaggle.com/models/google/nnlm/frameworks/TensorFlow1/"
  new += "variations/en-dim50/versions/1"
  link = f'<html><link rel="canonical" href="{new}"><a href="/x">'
  meta = f'<META http-equiv="refresh" content="0; url={new}">'
  other = new.replace("dim50", "dim128")
  assert KaggleName.find(("https://tfhub.dev/m", new), "") == NNLM
  assert KaggleName.find(("https://tfhub.dev/m",), link) == NNLM
  assert KaggleName.find(("https://tfhub.dev/m",), meta) == NNLM
  found = KaggleName.find(("https://tfhub.dev/m", other), link)
  assert found is not None and found.variation == "en-dim128"


def test_other_links_of_a_page_do_not_count():
  related = "https://www.kaggle.com/models/google/nnlm/TensorFlow1/en-dim50/1"
  page = f'<html><a href="{related}">related</a>'
  assert KaggleName.find(("https://tfhub.dev/m",), page) is None
  model = "https://www.kaggle.com/models/google/nnlm"
  assert KaggleName.find((model,), "") is None


def test_the_environment_names_another_api(monkeypatch):
  monkeypatch.setenv("KAGGLE_API_ENDPOINT", "http://127.0.0.1:8/")
  assert endpoint() == "http://127.0.0.1:8"
  assert KaggleName.parse("http://127.0.0.1:8/models/a/b/c/d/2") == KaggleName(
    "a", "b", "c", "d", 2
  )
