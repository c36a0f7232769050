"""Arrows point down only."""

import ast
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
LIBRARY = ROOT / "hub_estimator"

# What each file of the library may import from it. A package stands for its
# files, which may also import each other.
ALLOWED = {
  "acceleration": {"errors", "tensorflow_runtime"},
  "adapters": {"augmentations", "errors", "module_info", "tensorflow_runtime"},
  "applying": {
    "adapters",
    "encoders",
    "errors",
    "inputs",
    "module_info",
    "modules",
    "networks",
    "results",
    "tensorflow_runtime",
  },
  "augmentations": {"errors", "tensorflow_runtime"},
  "checking": {
    "adapters",
    "encoders",
    "errors",
    "feature_cache",
    "heads",
    "inputs",
    "memory",
    "model_fn",
    "module_info",
    "modules",
    "optimizers",
    "serving",
    "tensorflow_runtime",
    "train_graph",
  },
  "caching": {"errors", "handles", "module_cache", "module_files"},
  "checkpoints": {"disk", "errors", "tensorflow_runtime"},
  "cluster": {"disk", "errors"},
  "config": {"errors"},
  "disk": set(),
  "encoders": {
    "adapters",
    "errors",
    "feature_columns",
    "module_info",
    "modules",
    "tensorflow_runtime",
  },
  "errors": set(),
  "evaluating": {"sessions", "tensorflow_runtime"},
  "experiment": {
    "acceleration",
    "adapters",
    "augmentations",
    "checking",
    "checkpoints",
    "cluster",
    "disk",
    "encoders",
    "errors",
    "exporting",
    "feature_cache",
    "feature_columns",
    "heads",
    "hooks",
    "inputs",
    "many_steps",
    "memory",
    "metrics",
    "modules",
    "new_modules",
    "optimizers",
    "preemption",
    "results",
    "schedules",
    "serving",
    "starting_weights",
    "tensorflow_runtime",
    "tokenizers",
    "tops",
    "towers",
    "training",
    "versions",
    "workdir",
  },
  "exporting": {
    "checkpoints",
    "disk",
    "errors",
    "model_fn",
    "module_files",
    "module_info",
    "modules",
    "results",
    "tensorflow_runtime",
    "verification",
    "versions",
    "workdir",
  },
  "feature_cache": {
    "adapters",
    "disk",
    "encoders",
    "inputs",
    "module_info",
    "modules",
    "networks",
    "tensorflow_runtime",
  },
  "feature_columns": {"errors", "tensorflow_runtime"},
  "fetching": {"errors", "module_files"},
  "function_inlining": {"tensorflow_runtime"},
  "graph_defs": set(),
  "handles": {
    "errors",
    "fetching",
    "module_cache",
    "module_files",
    "tensorflow_runtime",
    "versions",
  },
  "heads": {"errors", "tensorflow_runtime"},
  "hooks": {"cluster", "preemption", "tensorflow_runtime"},
  "hosting": {"errors", "module_files", "packing"},
  "hub_columns": {"errors", "module_info", "modules", "tensorflow_runtime"},
  "inputs": {"errors", "tensorflow_runtime"},
  "inspecting": {"errors", "module_info", "modules"},
  "linting": {
    "graph_defs",
    "inspecting",
    "module_files",
    "module_info",
    "tensorflow_runtime",
  },
  "many_steps": {
    "checking",
    "encoders",
    "heads",
    "inputs",
    "optimizers",
    "tensorflow_runtime",
    "tops",
  },
  "memory": set(),
  "metrics": {"errors", "tensorflow_runtime"},
  "model_fn": {
    "adapters",
    "encoders",
    "errors",
    "heads",
    "module_info",
    "modules",
    "optimizers",
    "tensorflow_runtime",
    "towers",
  },
  "module_cache": {"disk", "errors", "module_files", "tensorflow_runtime"},
  "module_files": {"errors", "tensorflow_runtime"},
  "module_info": {
    "errors",
    "graph_defs",
    "handles",
    "new_modules",
    "saved_models",
    "tensorflow_runtime",
  },
  "modules": {"errors", "module_info", "new_modules", "tensorflow_runtime"},
  "networks": {"inputs", "tensorflow_runtime"},
  "new_modules": {"errors", "tensorflow_runtime"},
  "optimizers": {"errors", "tensorflow_runtime"},
  "packing": {"errors", "versions"},
  "predicting": {
    "errors",
    "experiment",
    "inputs",
    "model_fn",
    "results",
    "tensorflow_runtime",
    "workdir",
  },
  "preemption": set(),
  "publishing": {
    "disk",
    "errors",
    "handles",
    "module_files",
    "module_info",
    "new_modules",
    "saved_models",
    "tensorflow_runtime",
  },
  "results": {"workdir"},
  "saved_models": {
    "errors",
    "function_inlining",
    "handles",
    "saved_models_v1",
    "tensorflow_runtime",
  },
  "saved_models_v1": {
    "errors",
    "function_inlining",
    "graph_defs",
    "tensorflow_runtime",
  },
  "schedules": {"errors", "tensorflow_runtime"},
  "sessions": {"tensorflow_runtime"},
  "starting_weights": {"errors", "tensorflow_runtime", "workdir"},
  "serving": {"adapters", "inputs", "tensorflow_runtime"},
  "sweeps": {
    "checking",
    "config",
    "disk",
    "errors",
    "experiment",
    "memory",
    "results",
    "tensorflow_runtime",
    "versions",
    "workdir",
  },
  "tensorflow_runtime": set(),
  "testing": {"publishing", "tensorflow_runtime"},
  "tokenizers": {"errors", "module_info", "modules", "tensorflow_runtime"},
  "tops": {"tensorflow_runtime"},
  "towers": {"errors", "tensorflow_runtime"},
  "train_graph": {"optimizers", "sessions", "tensorflow_runtime"},
  "training": {
    "acceleration",
    "checking",
    "checkpoints",
    "cluster",
    "encoders",
    "errors",
    "evaluating",
    "heads",
    "hooks",
    "inputs",
    "many_steps",
    "memory",
    "optimizers",
    "preemption",
    "results",
    "sessions",
    "tensorflow_runtime",
    "train_graph",
  },
  "verification": {"model_fn", "tensorflow_runtime"},
  "versions": {"disk", "errors"},
  "workdir": {"disk", "errors"},
}


def _room(path: pathlib.Path) -> str:
  return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def _imports(path: pathlib.Path) -> set[str]:
  found = set()
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      found.update(alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
      found.add(node.module)
      found.update(f"{node.module}.{alias.name}" for alias in node.names)
  return found


def _rooms_imported(path: pathlib.Path) -> set[str]:
  names = (
    n.split(".") for n in _imports(path) if n.startswith("hub_estimator.")
  )
  return {parts[1] for parts in names}


FILES = sorted(p for p in LIBRARY.rglob("*.py") if p != LIBRARY / "__init__.py")


@pytest.mark.parametrize(
  "path", FILES, ids=lambda p: str(p.relative_to(LIBRARY))
)
def test_a_file_imports_only_what_lies_below_it(path):
  room = _room(path)
  assert room in ALLOWED, f"{path} has no place in the house yet"
  assert _rooms_imported(path) - {room} <= ALLOWED[room]


def test_the_arrows_have_no_circle():
  done = set()
  while len(done) < len(ALLOWED):
    ready = {
      r for r, below in ALLOWED.items() if r not in done and below <= done
    }
    assert ready, f"a circle among {sorted(set(ALLOWED) - done)}"
    done |= ready


def test_only_the_runtime_imports_tensorflow_estimator_or_hub():
  for path in [
    *FILES,
    *ROOT.glob("trainers/*.py"),
    *ROOT.glob("examples/*.py"),
  ]:
    if path.name == "tensorflow_runtime.py":
      continue
    roots = {name.split(".")[0] for name in _imports(path)}
    assert not roots & {"tensorflow_estimator", "tensorflow_hub", "tf_keras"}, (
      path
    )
    deep = {n for n in _imports(path) if n.split(".")[0] == "tensorflow"}
    # Protos and the op registry have no public name.
    assert all(
      n.startswith(("tensorflow.core", "tensorflow.python.framework"))
      for n in deep
    ), path


def test_trainers_import_tensorflow_only_inside_of_functions():
  light = {"errors", "trainers"}
  for path in ROOT.glob("trainers/*.py"):
    tree = ast.parse(path.read_text())
    top = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    module = ast.Module(body=top, type_ignores=[])
    for node in ast.walk(module):
      if isinstance(node, ast.ImportFrom) and node.module.startswith(
        "hub_estimator"
      ):
        assert node.module.split(".")[1] in light, path


def test_every_file_of_the_library_has_its_test():
  tested = {
    p.relative_to(ROOT / "tests").with_name(p.name.replace("_test.py", ".py"))
    for p in (ROOT / "tests").rglob("*_test.py")
  }
  for path in FILES:
    name = path.relative_to(LIBRARY)
    if name.name not in ("__init__.py", "testing.py", "errors.py"):
      assert name in tested, f"{name} has no test"
