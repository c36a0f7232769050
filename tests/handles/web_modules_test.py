"""A URL is tried as it is; one that leads to Kaggle is followed there."""

import pathlib
import sys

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles

pytestmark = [pytest.mark.newest, pytest.mark.usefixtures("cache")]

OLD = "https://tfhub.dev/google/dense/1"
NEW = "/models/google/dense/frameworks/TensorFlow1/variations/small/versions/3"
DOWNLOAD = "/api/v1/models/google/dense/tensorFlow1/small/3/download"


@pytest.fixture
def tfhub(host, monkeypatch, tmp_path):
  """Settings under which a host is tfhub.dev and Kaggle."""
  monkeypatch.setenv("HOME", str(tmp_path))
  monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
  monkeypatch.delenv("KAGGLE_API_TOKEN", raising=False)
  monkeypatch.setenv("KAGGLE_API_ENDPOINT", host.url(""))
  return Handles(
    mirrors={"https://tfhub.dev/": host.url("/tfhub/")},
    retries=0,
    timeout_secs=2,
  )


def answers(host, old, new, download=lambda handler: handler.send_archive()):
  """Sets the answers of tfhub.dev, of Kaggle's page and of its API."""
  host.behaviour = lambda handler, number: (
    old(handler)
    if handler.path.startswith("/tfhub/")
    else new(handler)
    if handler.path.startswith(NEW)
    else download(handler)
  )


def redirect(handler):
  handler.send(301, Location=f"{NEW}?tfhub-redirect=true")


def page(handler):
  handler.send(200, b"<!DOCTYPE html><title>Kaggle</title>")


@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_redirect_to_kaggle_is_followed_by_name(dense, host, tfhub, status):
  answers(
    host,
    redirect,
    page if status == 200 else lambda handler: handler.send(status),
  )
  found = resolve(OLD, handles=tfhub)
  assert found.fingerprint == resolve(dense).fingerprint
  assert host.requests[-1] == (DOWNLOAD, None)
  assert found.handle == OLD
  assert resolve(OLD, handles=Handles(offline=True)).path == found.path


def test_a_page_that_leads_to_kaggle_is_followed(dense, host, tfhub):
  link = f'<html><head><link rel="canonical" href="{host.url(NEW)}">'
  answers(host, lambda handler: handler.send(200, link.encode()), page)
  assert resolve(OLD, handles=tfhub).fingerprint == resolve(dense).fingerprint


def test_an_archive_behind_a_redirect_is_taken_as_it_is(host, tfhub):
  answers(host, redirect, lambda handler: handler.send_archive())
  resolve(OLD, handles=tfhub)
  assert all(path != DOWNLOAD for path, _ in host.requests)


def test_a_checksum_holds_where_it_leads(host, tfhub):
  answers(host, redirect, page)
  with pytest.raises(UserError, match="leads to kaggle://google/.*sha256 is"):
    resolve(f"{OLD}#sha256={'0' * 64}", handles=tfhub)


def test_a_failure_names_both_places(host, tfhub, monkeypatch):
  answers(host, redirect, page, lambda handler: handler.send(404))
  with pytest.raises(
    UserError,
    match=r"leads to kaggle://google/dense/tensorFlow1/small/3: .*HTTP 404",
  ):
    resolve(OLD, handles=tfhub)
  monkeypatch.setitem(sys.modules, "kagglehub", None)
  with pytest.raises(UserError, match=r"leads to .*hub-estimator\[kaggle\]"):
    resolve(OLD, handles=tfhub)


def test_a_page_without_a_name_says_where_to_look(host, monkeypatch):
  # tfhub.dev itself, by a proxy, which plain http needs no certificate for.
  monkeypatch.setenv("http_proxy", host.url(""))
  page = b"<html><title>TensorFlow Hub</title>"
  host.behaviour = lambda handler, number: handler.send(200, page)
  with pytest.raises(
    UserError, match="'TensorFlow Hub'. Modules of tfhub.dev a"
  ):
    resolve("http://tfhub.dev/google/dense/1", handles=Handles(retries=0))


def test_another_page_is_an_error_without_the_hint(host, tmp_path):
  host.behaviour = lambda handler, number: handler.send(200, b"<html>")
  with pytest.raises(UserError, match=r"web page, not an archive\.$"):
    resolve(host.url(), handles=Handles(retries=0))
  assert not list(pathlib.Path(tmp_path).rglob("saved_model.pb"))
