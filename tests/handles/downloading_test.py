"""Downloads from a host that delays, fails and sends too much."""

import pytest

from hub_estimator import progress
from hub_estimator.errors import UserError
from hub_estimator.handles.settings import Limits
from tests.handles.downloads import download_from

pytestmark = pytest.mark.newest


def test_a_file_comes_whole(host, tmp_path, waits):
  download_from(host, tmp_path, waits)
  assert host.requests == [("/m/1", None)]
  assert waits == []


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_temporary_fault_is_retried_after_a_wait(host, tmp_path, waits, code):
  host.behaviour = lambda handler, number: (
    handler.send(code) if number < 3 else handler.send_archive()
  )
  download_from(host, tmp_path, waits)
  assert waits == [0.5, 1.0]


def test_a_server_says_how_long_to_wait(host, tmp_path, waits):
  host.behaviour = lambda handler, number: (
    handler.send(503, Retry_After="7") if number < 2 else handler.send_archive()
  )
  download_from(host, tmp_path, waits)
  assert waits == [7.0]


def test_the_last_retry_raises_the_cause(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send(503)
  with pytest.raises(
    UserError, match=r"/m/1: HTTP 503 Service Unavailable, 3 times\.$"
  ):
    download_from(host, tmp_path, waits)


def test_too_large_a_file_is_refused_by_its_header_and_by_its_bytes(
  host, tmp_path, waits
):
  small = Limits(timeout_secs=1, retries=0, max_bytes=200)
  with pytest.raises(UserError, match="larger than .* see handles.max_gib"):
    download_from(host, tmp_path, waits, limits=small)

  def without_length(handler, number):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(host.archive)

  host.behaviour = without_length
  with pytest.raises(UserError, match="larger than .* see handles.max_gib"):
    download_from(host, tmp_path, waits, limits=small)


def test_a_download_reports_its_bytes_and_logs_its_start_and_end(
  host, tmp_path, waits, caplog
):
  caplog.set_level("INFO", logger="hub_estimator")
  size = len(host.archive)
  reports = []
  with progress.listen(reports.append):
    download_from(host, tmp_path, waits)
  assert reports[-1] == progress.Progress(
    f"downloading {host.url()}", size, size, "bytes"
  )
  assert caplog.messages[0] == f"Fetching {host.url()}"
  assert caplog.messages[-1].startswith(f"Fetched {host.url()}: 0.0 MB in ")


def test_a_resumed_download_reports_all_bytes_of_the_file(
  host, tmp_path, waits
):
  host.behaviour = lambda handler, number: handler.send_archive(
    cut=300 if number == 1 else None
  )
  size = len(host.archive)
  reports = []
  with progress.listen(reports.append):
    download_from(host, tmp_path, waits)
  assert {report.total for report in reports} == {size}
  assert (reports[0].done, reports[-1].done) == (300, size)
