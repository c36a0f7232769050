import pytest

from hub_estimator.tensorflow_runtime import versions


@pytest.mark.parametrize("version", ["2.15.1", "2.16.2", "2.19.1", "2.21.0"])
def test_supported_versions_pass(version):
  major, minor = versions.check_version(version)
  assert f"{major}.{minor}" == version.rsplit(".", 1)[0]


@pytest.mark.parametrize(
  "version", ["1.15.5", "2.14.1", "2.20.0", "2.22.0", "3.0.0-rc1"]
)
def test_unsupported_versions_get_one_line(version):
  with pytest.raises(
    versions.UnsupportedTensorFlowError, match="works with 2.15.1"
  ) as caught:
    versions.check_version(version)
  assert version in str(caught.value)
  assert "\n" not in str(caught.value)


def test_the_installed_version_is_supported():
  assert versions.check_version(versions.installed_version())
