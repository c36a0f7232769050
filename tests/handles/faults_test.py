"""Each fault of a server is retried, or named with its URL and cause."""

import ssl
import time

import pytest
import trustme

from hub_estimator.errors import UserError
from hub_estimator.handles import downloading
from hub_estimator.handles.settings import Limits
from tests.handles.downloads import QUICK, download_from
from tests.servers import hosting

pytestmark = pytest.mark.newest


@pytest.mark.parametrize(
  ("code", "hint"),
  [
    (401, "asks for a login"),
    (403, "a mirror may have it, see handles.mirrors"),
    (404, "there is no such module"),
    (410, "HTTP 410 Gone"),
  ],
)
def test_a_refusal_is_raised_at_once(host, tmp_path, waits, code, hint):
  host.behaviour = lambda handler, number: handler.send(code)
  with pytest.raises(UserError, match=rf"/m/1: HTTP {code} .*") as raised:
    download_from(host, tmp_path, waits)
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
    download_from(host, tmp_path, waits)


def test_a_loop_of_redirects_is_refused(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send(302, Location="/m/1")
  with pytest.raises(UserError, match="redirects in a loop"):
    download_from(host, tmp_path, waits)


def test_a_silent_server_times_out(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send_archive(stall_secs=5)
  start = time.monotonic()
  with pytest.raises(UserError, match="no response for 0.3 s, 2 times"):
    download_from(
      host, tmp_path, waits, limits=Limits(timeout_secs=0.3, retries=1)
    )
  assert time.monotonic() - start < 4


def test_a_refused_connection_is_named_after_the_retries(tmp_path, waits):
  with pytest.raises(UserError, match="127.0.0.1:9/m: Connection refused, 3"):
    downloading.download(
      "http://127.0.0.1:9/m",
      tmp_path / "a",
      limits=QUICK,
      sleep=waits.append,
    )
  assert waits == [0.5, 1.0]


def test_an_unknown_host_is_named(tmp_path, waits):
  with pytest.raises(UserError, match="invalid/m: .*[Nn]ame"):
    downloading.download(
      "http://nowhere.invalid/m",
      tmp_path / "a",
      limits=QUICK,
      sleep=waits.append,
    )


def test_an_untrusted_certificate_is_refused(
  dense, tmp_path, waits, monkeypatch
):
  authority = trustme.CA()
  context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
  authority.issue_cert("127.0.0.1").configure_cert(context)
  with hosting(dense, tmp_path, tls=context) as host:
    with pytest.raises(UserError, match="https://.*/m/1: TLS: .*verify failed"):
      download_from(host, tmp_path, waits)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    download_from(host, tmp_path, waits)
