import pytest

from hub_estimator import exporting, runs
from tests.small_runs import make_experiment


@pytest.mark.slow
def test_a_failed_export_is_reported_and_the_run_goes_on(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(dense, numbers_npz, exports=exporting.Exports())
  (tmp_path / "export").mkdir()
  (tmp_path / "export" / "latest").touch()  # No directory can be made there.
  result = runs.train(experiment, str(tmp_path))
  assert result.steps == 20
  assert "error" in result.exports["latest"]
  (tmp_path / "export" / "latest").unlink()
  # Started again, the finished run exports what it lacks.
  again = runs.train(experiment, str(tmp_path))
  assert (tmp_path / again.exports["latest"]["model"]).is_dir()


def test_a_final_export_waits_for_the_end(tmp_path):
  exporter = exporting.VersionExporter("final", context=None)
  assert exporter.name == "final"
  assert exporter.export(None, str(tmp_path), "ckpt-1", {}, False) is None
  assert exporter.version is None and exporter.error is None
