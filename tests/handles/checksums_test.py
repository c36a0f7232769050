"""Downloaded files are compared with all checksums that are known."""

import base64
import hashlib

import pytest

from hub_estimator.errors import UserError
from tests.handles.downloads import download_from

pytestmark = pytest.mark.newest


def test_a_web_page_is_refused_by_its_title(host, tmp_path, waits):
  page = b"<!doctype html><html><title>Sign in</title>"
  host.behaviour = lambda handler, number: handler.send(
    200, page, Content_Type="text/html"
  )
  with pytest.raises(
    UserError,
    match="/m/1: the server sent a web page, not an archive: 'Sign in'",
  ):
    download_from(host, tmp_path, waits)
  assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize(
  "header", ["Repr-Digest", "x-goog-hash", "Content-MD5"]
)
def test_a_checksum_that_a_server_sends_is_compared(
  host, tmp_path, waits, header
):
  algorithm = "sha256" if header == "Repr-Digest" else "md5"
  value = base64.b64encode(
    hashlib.new(algorithm, host.archive).digest()
  ).decode()
  host.headers[header] = {
    "Repr-Digest": f"sha-256=:{value}:",
    "x-goog-hash": f"crc32c=AAAAAA==,md5={value}",
    "Content-MD5": value,
  }[header]
  whole, host.archive = host.archive, host.archive[:-1] + b"x"

  def behaviour(handler, number):
    if number == 2:
      host.archive = whole
    handler.send_archive()

  host.behaviour = behaviour
  download_from(host, tmp_path, waits)
  assert len(host.requests) == 2
  host.archive = whole[:-1] + b"x"
  with pytest.raises(UserError, match=f"its {algorithm} is .*{header} says"):
    host.behaviour = lambda handler, number: handler.send_archive()
    download_from(host, tmp_path, waits)


def test_the_checksum_of_a_handle_is_compared(host, tmp_path, waits):
  right = hashlib.sha256(host.archive).hexdigest()
  download_from(host, tmp_path, waits, sha256_wanted=right.upper())
  with pytest.raises(UserError, match="its sha256 is .* the handle says 0000"):
    download_from(host, tmp_path, waits, sha256_wanted="0" * 64)
  assert not (tmp_path / "archive").exists()
