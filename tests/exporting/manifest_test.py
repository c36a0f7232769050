import hashlib

import numpy as np

from hub_estimator.experiments import to_gin
from hub_estimator.model_dir import read_json


def test_both_halves_explain_themselves(run):
  for path in (run.half("model"), run.half("module") / "module"):
    manifest = read_json(path / "assets.extra" / "manifest.json")
    assert manifest["checkpoint_step"] == 30
    assert manifest["version"] == run.result.exports["latest"]["version"]
    np.testing.assert_allclose(
      manifest["metrics"]["accuracy"],
      run.result.metrics["accuracy"],
      rtol=1e-6,
    )


def test_checksums_and_signatures_are_in_the_manifest(run):
  for path in (run.half("model"), run.half("module") / "module"):
    manifest = read_json(path / "assets.extra" / "manifest.json")
    files = {
      str(p.relative_to(path)): hashlib.sha256(p.read_bytes()).hexdigest()
      for p in path.rglob("*")
      if p.is_file() and p.name != "manifest.json"
    }
    assert manifest["sha256"] == files
  assert manifest["signatures"]["default"]["inputs"] == {
    "x": {"dtype": "float32", "shape": [None, 4]}
  }
  assert manifest["config"] == to_gin(run.experiment)
  assert manifest["versions"]["tensorflow-hub"] == "0.15.0"
