"""A handle stands for a place: its name, mirror, scheme and checksum."""

import pytest

from hub_estimator.handles.addresses import Address
from hub_estimator.handles.resolving import resolve
from hub_estimator.handles.settings import Handles

QUICK = Handles(retries=1, timeout_secs=2)


def test_the_format_is_requested_by_the_hosting_protocol(
  host, tmp_path, monkeypatch
):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "modules"))
  for path in ("/m/1", "/m/2?x=y", "/m.tar.gz", "/m.tgz?token=t"):
    resolve(host.url(path), handles=QUICK)
  assert [path for path, _ in host.requests] == [
    "/m/1?tf-hub-format=compressed",
    "/m/2?x=y&tf-hub-format=compressed",
    "/m.tar.gz",
    "/m.tgz?token=t",
  ]


@pytest.mark.parametrize(
  ("handle", "scheme", "is_remote", "is_archive"),
  [
    ("/m", None, False, False),
    ("~/m.tgz", None, False, True),
    ("file:///m", "file", False, False),
    ("HTTPS://host/m", "https", True, True),
    ("gs://bucket/m", "gs", True, False),
    ("s3://bucket/m.tar.xz", "s3", True, True),
  ],
)
def test_the_scheme_says_how_a_module_is_reached(
  handle, scheme, is_remote, is_archive
):
  address = Address.of(handle, Handles())
  assert address.scheme == scheme
  assert (address.is_remote, address.is_archive) == (is_remote, is_archive)


def test_names_checksums_and_mirrors_apply_in_this_order():
  handles = Handles(
    names={"small": f"https://a/m#sha256={'A' * 64}"},
    mirrors={"https://a/": "file:///b%20c/"},
  )
  address = Address.of("small", handles)
  assert address.asked == "https://a/m"
  assert address.sha256 == "a" * 64
  assert address.source == "file:///b%20c/m"
  assert address.local_path == "/b c/m"
