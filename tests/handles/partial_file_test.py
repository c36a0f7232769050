"""Interrupted downloads resume, unless the file has changed."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.handles.settings import Limits
from tests.handles.downloads import download_from

pytestmark = pytest.mark.newest


def test_a_cut_response_is_resumed(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send_archive(
    cut=300 if number < 3 else None
  )
  download_from(host, tmp_path, waits)
  assert [asked for _, asked in host.requests] == [
    None,
    "bytes=300-",
    "bytes=600-",
  ]


def test_another_process_resumes_where_one_stopped(host, tmp_path, waits):
  host.behaviour = lambda handler, number: handler.send_archive(
    cut=300 if number == 1 else None
  )
  with pytest.raises(UserError, match=r"/m/1: "):
    download_from(
      host, tmp_path, waits, limits=Limits(retries=0, timeout_secs=1)
    )
  download_from(host, tmp_path, waits)
  assert host.requests[-1] == ("/m/1", "bytes=300-")


def test_a_file_that_changed_meanwhile_is_fetched_from_its_start(
  host, tmp_path, waits
):
  def behaviour(handler, number):
    if number == 2:
      host.headers["ETag"] = '"second"'
      host.archive = host.archive[::-1]
    handler.send_archive(cut=300 if number == 1 else None)

  host.behaviour = behaviour
  download_from(host, tmp_path, waits)


def test_a_server_that_names_no_edition_is_asked_for_the_whole_file(
  host, tmp_path, waits
):
  host.headers.clear()
  host.behaviour = lambda handler, number: handler.send_archive(
    cut=300 if number == 1 else None
  )
  download_from(host, tmp_path, waits)
  assert [asked for _, asked in host.requests] == [None, None]


def test_a_part_that_was_not_requested_is_not_stored(host, tmp_path, waits):
  def behaviour(handler, number):
    if number == 2:
      handler.send(206, host.archive[10:], Content_Range="bytes 10-")
    else:
      handler.send_archive(cut=300 if number == 1 else None)

  host.behaviour = behaviour
  download_from(host, tmp_path, waits)
  assert [asked for _, asked in host.requests] == [None, "bytes=300-", None]
