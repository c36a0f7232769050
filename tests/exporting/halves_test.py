import hashlib
from concurrent import futures

from hub_estimator.exporting import manifest
from hub_estimator.exporting.halves import Halves, find_modules
from hub_estimator.model_dir import read_json


def test_each_half_gets_what_all_share_and_its_own_description(tmp_path):
  model, module = tmp_path / "model", tmp_path / "modules" / "module"
  with futures.ThreadPoolExecutor() as pool:
    halves = Halves(
      model,
      tmp_path / "modules",
      {
        half: pool.submit(lambda h=half: {"is": h.name})
        for half in (model, module)
      },
    )
    halves.wait()
    halves.write_manifests({"version": 3})
  assert manifest.read(model) == {"version": 3, "is": "model"}
  assert manifest.read(module) == {"version": 3, "is": "module"}


def test_each_half_has_the_schema_and_its_checksum(tmp_path):
  model = tmp_path / "model"
  (model / "assets.extra").mkdir(parents=True)
  with futures.ThreadPoolExecutor() as pool:
    described = pool.submit(lambda: {"sha256": {"a": "1"}})
    halves = Halves(model, None, {model: described})
    halves.write_manifests({}, {"features": {}})
  path = model / "assets.extra" / "schema.json"
  assert read_json(path) == {"features": {}}
  assert manifest.read(model)["sha256"] == {
    "a": "1",
    "assets.extra/schema.json": hashlib.sha256(path.read_bytes()).hexdigest(),
  }


def test_modules_are_found_below_nested_export_names(tmp_path):
  for name in ("b", "text/encoder"):
    (tmp_path / name).mkdir(parents=True)
    (tmp_path / name / "saved_model.pb").touch()
  assert find_modules(tmp_path) == [
    tmp_path / "b",
    tmp_path / "text" / "encoder",
  ]
  assert find_modules(None) == []
