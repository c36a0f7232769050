import gzip
import hashlib
import io
import re
import ssl
import tarfile
import time

import pytest
import trustme

from hub_estimator.errors import UserError
from hub_estimator.handles import fetching
from tests.servers import hosting

pytestmark = pytest.mark.newest

QUICK = fetching.Limits(timeout_secs=1, retries=2, max_bytes=1 << 20)


@pytest.fixture
def host(dense, tmp_path):
  with hosting(dense, tmp_path) as host:
    yield host


@pytest.fixture
def waits():
  return []


def _download(host, tmp_path, waits, **kwargs):
  target = tmp_path / "archive"
  kwargs = {"limits": QUICK, **kwargs}
  digest = fetching.download(host.url(), target, sleep=waits.append, **kwargs)
  assert target.read_bytes() == host.archive
  assert digest == hashlib.sha256(host.archive).hexdigest()
  assert not (tmp_path / "archive.json").exists()


def test_a_file_comes_whole(host, tmp_path, waits):
  _download(host, tmp_path, waits)
  assert host.requests == [("/m/1", None)]
  assert waits == []


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_fault_that_passes_is_waited_for(host, tmp_path, waits, code):
  host.behaviour = lambda handler, number: (
    handler.send(code) if number < 3 else handler.send_archive()
  )
  _download(host, tmp_path, waits)
  assert waits == [0.5, 1.0]


def test_a_server_says_how_long_to_wait(host, tmp_path, waits):
  host.behaviour = lambda handler, number: (
    handler.send(503, Retry_After="7") if number < 2 else handler.send_archive()
  )
  _download(host, tmp_path, waits)
  assert waits == [7.0]


def test_retries_end_with_the_cause(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send(503)
  with pytest.raises(
    UserError, match=r"/m/1: HTTP 503 Service Unavailable, 3 times\.$"
  ):
    _download(host, tmp_path, waits)


@pytest.mark.parametrize(
  ("code", "hint"),
  [
    (401, "asks for a login"),
    (403, "a mirror may have it, see handles.mirrors"),
    (404, "there is no such module"),
    (410, "HTTP 410 Gone"),
  ],
)
def test_a_refusal_is_told_at_once(host, tmp_path, waits, code, hint):
  host.behaviour = lambda handler, number: handler.send(code)
  with pytest.raises(UserError, match=rf"/m/1: HTTP {code} .*") as raised:
    _download(host, tmp_path, waits)
  assert hint in str(raised.value)
  assert len(host.requests) == 1


def test_a_refusal_after_a_redirect_names_both_ends(host, tmp_path, waits):
  host.behaviour = lambda handler, number: (
    handler.send(302, Location="/elsewhere")
    if handler.path == "/m/1"
    else handler.send(403)
  )
  with pytest.raises(
    UserError, match=r"/elsewhere: HTTP 403 Forbidden, redirected from .*/m/1"
  ):
    _download(host, tmp_path, waits)


def test_a_circle_of_redirects_ends(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send(302, Location="/m/1")
  with pytest.raises(UserError, match="redirects in a circle"):
    _download(host, tmp_path, waits)


def test_a_web_page_is_no_archive(host, tmp_path, waits):
  page = b"<!doctype html><html><title>Sign in</title>"
  host.behaviour = lambda handler, number: handler.send(
    200, page, Content_Type="text/html"
  )
  with pytest.raises(
    UserError, match="/m/1: a web page came, and no archive: 'Sign in'"
  ):
    _download(host, tmp_path, waits)
  assert not (tmp_path / "archive").exists()


def test_a_cut_answer_is_gone_on_with(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send_archive(
    cut=300 if number < 3 else None
  )
  _download(host, tmp_path, waits)
  assert [asked for _, asked in host.requests] == [
    None,
    "bytes=300-",
    "bytes=600-",
  ]


def test_another_process_goes_on_where_one_ended(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send_archive(
    cut=300 if number == 1 else None
  )
  with pytest.raises(UserError, match=r"/m/1: "):
    _download(
      host, tmp_path, waits, limits=fetching.Limits(retries=0, timeout_secs=1)
    )
  _download(host, tmp_path, waits)
  assert host.requests[-1] == ("/m/1", "bytes=300-")


def test_what_changed_between_is_fetched_from_its_start(host, tmp_path, waits):
  def behaviour(handler, number):
    if number == 2:
      host.headers["ETag"] = '"second"'
      host.archive = host.archive[::-1]
    handler.send_archive(cut=300 if number == 1 else None)

  host.behaviour = behaviour
  _download(host, tmp_path, waits)


def test_a_server_that_names_no_edition_is_asked_for_all_again(
  host, tmp_path, waits
):
  host.headers.clear()
  host.behaviour = lambda handler, number: handler.send_archive(
    cut=300 if number == 1 else None
  )
  _download(host, tmp_path, waits)
  assert [asked for _, asked in host.requests] == [None, None]


def test_a_part_that_was_not_asked_for_is_not_stored(host, tmp_path, waits):
  def behaviour(handler, number):
    if number == 2:
      handler.send(206, host.archive[10:], Content_Range="bytes 10-")
    else:
      handler.send_archive(cut=300 if number == 1 else None)

  host.behaviour = behaviour
  _download(host, tmp_path, waits)
  assert [asked for _, asked in host.requests] == [None, "bytes=300-", None]


def test_a_silent_server_is_given_up(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send_archive(stall_secs=5)
  start = time.monotonic()
  with pytest.raises(UserError, match="no answer for 0.3 s, 2 times"):
    _download(
      host, tmp_path, waits, limits=fetching.Limits(timeout_secs=0.3, retries=1)
    )
  assert time.monotonic() - start < 4


def test_nobody_listening_is_told_after_the_retries(tmp_path, waits):
  with pytest.raises(UserError, match="127.0.0.1:9/m: Connection refused, 3"):
    fetching.download(
      "http://127.0.0.1:9/m",
      tmp_path / "a",
      limits=QUICK,
      sleep=waits.append,
    )
  assert waits == [0.5, 1.0]


def test_a_host_without_a_name_is_told(tmp_path, waits):
  with pytest.raises(UserError, match="invalid/m: .*[Nn]ame"):
    fetching.download(
      "http://nowhere.invalid/m",
      tmp_path / "a",
      limits=QUICK,
      sleep=waits.append,
    )


def test_a_certificate_that_nobody_vouches_for_is_refused(
  dense, tmp_path, waits, monkeypatch
):
  authority = trustme.CA()
  context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
  authority.issue_cert("127.0.0.1").configure_cert(context)
  with hosting(dense, tmp_path, tls=context) as host:
    with pytest.raises(UserError, match="https://.*/m/1: TLS: .*verify failed"):
      _download(host, tmp_path, waits)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    _download(host, tmp_path, waits)


@pytest.mark.parametrize(
  "header", ["Repr-Digest", "x-goog-hash", "Content-MD5"]
)
def test_a_checksum_that_a_server_sends_is_compared(
  host, tmp_path, waits, header
):
  import base64

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
  _download(host, tmp_path, waits)
  assert len(host.requests) == 2
  host.archive = whole[:-1] + b"x"
  with pytest.raises(UserError, match=f"its {algorithm} is .*{header} says"):
    host.behaviour = lambda handler, number: handler.send_archive()
    _download(host, tmp_path, waits)


def test_the_checksum_of_a_handle_is_compared(host, tmp_path, waits):
  right = hashlib.sha256(host.archive).hexdigest()
  _download(host, tmp_path, waits, sha256_wanted=right.upper())
  with pytest.raises(UserError, match="its sha256 is .* the handle says 0000"):
    _download(host, tmp_path, waits, sha256_wanted="0" * 64)
  assert not (tmp_path / "archive").exists()


def test_what_is_too_large_is_refused_by_its_header_and_by_its_bytes(
  host, tmp_path, waits
):
  small = fetching.Limits(timeout_secs=1, retries=0, max_bytes=200)
  with pytest.raises(UserError, match="larger than .* see handles.max_gib"):
    _download(host, tmp_path, waits, limits=small)

  def without_length(handler, number):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(host.archive)

  host.behaviour = without_length
  with pytest.raises(UserError, match="larger than .* see handles.max_gib"):
    _download(host, tmp_path, waits, limits=small)


def _archive(tmp_path, members, compress=gzip.compress):
  buffer = io.BytesIO()
  with tarfile.open(fileobj=buffer, mode="w") as tar:
    for member, content in members:
      if isinstance(member, str):
        member = tarfile.TarInfo(member)
      member.size = len(content)
      tar.addfile(member, io.BytesIO(content))
  path = tmp_path / "a.tar"
  path.write_bytes(compress(buffer.getvalue()))
  return path


def _extract(path, tmp_path, max_bytes=1 << 20):
  return fetching.extract(
    path, tmp_path / "out", source="S", max_bytes=max_bytes
  )


def _link(kind, name, target):
  member = tarfile.TarInfo(name)
  member.type, member.linkname = kind, target
  return member


@pytest.mark.parametrize(
  ("members", "told"),
  [
    ([("../escaped", b"x")], "'../escaped' lies outside"),
    ([("a/../../escaped", b"x")], "lies outside"),
    ([("/escaped", b"x")], "'/escaped' lies outside"),
    ([(_link(tarfile.SYMTYPE, "l", "/etc"), b"")], "'l' is neither a file"),
    ([(_link(tarfile.LNKTYPE, "l", "/etc/passwd"), b"")], "'l' is neither"),
    ([(_link(tarfile.FIFOTYPE, "p", ""), b"")], "'p' is neither"),
    ([(_link(tarfile.CHRTYPE, "d", ""), b"")], "'d' is neither"),
  ],
)
def test_what_leads_out_of_an_archive_is_refused(tmp_path, members, told):
  with pytest.raises(UserError, match=f"^S: refused: .*{re.escape(told)}"):
    _extract(_archive(tmp_path, members), tmp_path)
  assert not (tmp_path / "escaped").exists()


def test_a_bomb_is_refused_before_it_is_written(tmp_path):
  path = _archive(tmp_path, [("zeros", bytes(8 << 20))])
  assert path.stat().st_size < 20_000
  with pytest.raises(UserError, match="refused: it unpacks to more than"):
    _extract(path, tmp_path)
  assert not (tmp_path / "out" / "zeros").exists()


@pytest.mark.parametrize("end", [40, -4])
def test_an_archive_that_is_cut_short_is_told(tmp_path, end):
  path = _archive(tmp_path, [("saved_model.pb", bytes(range(256)) * 40)])
  path.write_bytes(path.read_bytes()[:end])
  with pytest.raises(UserError, match="S: it is no tar archive, or a broken"):
    _extract(path, tmp_path)


def test_a_flipped_byte_is_told(tmp_path):
  path = _archive(tmp_path, [("saved_model.pb", bytes(range(256)) * 40)])
  content = bytearray(path.read_bytes())
  content[-6] ^= 1  # Of gzip's checksum.
  path.write_bytes(content)
  with pytest.raises(UserError, match="S: it is no tar archive, or a broken"):
    _extract(path, tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x1f\x8bno"])
def test_what_is_no_archive_is_told(tmp_path, content):
  path = tmp_path / "a.tar"
  path.write_bytes(content)
  with pytest.raises(UserError, match="S: it is no tar archive, or a broken"):
    _extract(path, tmp_path)


def test_the_root_may_be_one_folder_and_the_compression_any(tmp_path):
  import bz2
  import lzma

  for i, compress in enumerate(
    [bytes, gzip.compress, bz2.compress, lzma.compress]
  ):
    path = _archive(tmp_path, [("m/saved_model.pb", b"x")], compress)
    out = tmp_path / f"out{i}"
    root = fetching.extract(path, out, source="S", max_bytes=1 << 20)
    assert root == out / "m"
