"""The house: rooms on floors, arrows down, doors in between, nothing too large."""

import ast
import pathlib
import statistics

import pytest

pytestmark = pytest.mark.newest

ROOT = pathlib.Path(__file__).parent.parent
LIBRARY = ROOT / "hub_estimator"

# From the ground up. A room, or a file of the ground, imports only what comes
# before it. `docs/house.md` says what each is for.
FLOORS = [
  "errors",
  "disk",
  "disk_cache",
  "progress",
  "word_files",
  "tensorflow_runtime",
  "scripts",
  "config",
  "model_dir",
  "heads",
  "optimizers",
  "pictures",
  "stores",
  "inputs",
  "schemas",
  "surveying",
  "handles",
  "graphs",
  "modules",
  "drafting",
  "preprocessing",
  "publishing",
  "converting",
  "linting",
  "model",
  "exporting",
  "serving",
  "experiments",
  "features",
  "cluster",
  "training",
  "runs",
  "pages",
  "workers",
  "sweeps",
  "verbs",
  "run",
  "testing",
]
# No door with names: what a package of one file offers.
GROUND = {
  "errors",
  "disk",
  "disk_cache",
  "progress",
  "word_files",
  "tensorflow_runtime",
  "config",
  "testing",
}
LIGHT = {
  "errors",
  "disk",
  "disk_cache",
  "progress",
  "config",
  "cluster",
  "workers",
}

# Programs that aren't of this library.
OWN_TENSORFLOW = {
  "benchmarks/keras.py": "hub.KerasLayer and fit need tf.keras in eager mode",
  "examples/old_images.py": "a script for TensorFlow 1",
  "examples/old_text.py": "a script for TensorFlow 1",
}

MOST_LINES = 350
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_THE_MEDIAN_FILE = 130

FRONT = LIBRARY / "__init__.py"
FILES = sorted(p for p in LIBRARY.rglob("*.py") if p != FRONT)
OUTSIDE = sorted(
  p
  for folder in ("trainers", "examples", "benchmarks", "docs")
  for p in (ROOT / folder).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _name(path: pathlib.Path) -> str:
  return str(path.relative_to(ROOT))


def _room(path: pathlib.Path) -> str:
  """Returns the room of a file of the library, or "" for one outside."""
  if LIBRARY not in path.parents:
    return ""
  return path.relative_to(LIBRARY).parts[0].removesuffix(".py")


def _imports(path: pathlib.Path) -> list[tuple[str, str | None]]:
  """Returns (module, name) of each import; name is None of `import module`."""
  found = []
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, ast.Import):
      found += [(alias.name, None) for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
      assert not node.level, f"{path} has a relative import"
      found += [(node.module, alias.name) for alias in node.names]
  return found


def _own_imports(path: pathlib.Path) -> list[tuple[str, str | None]]:
  """Returns (place below hub_estimator, name) of each import of the library."""
  found = []
  for module, name in _imports(path):
    parts = module.split(".")
    if parts[0] != "hub_estimator":
      continue
    if len(parts) == 1:
      parts, name = [parts[0], name], None
    if parts[1] in FLOORS:
      found.append((".".join(parts[1:]), name))
  return found


def _promised(room: str) -> set[str]:
  """Returns the names in `__all__` of a room's door."""
  for node in ast.parse((LIBRARY / room / "__init__.py").read_text()).body:
    if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
      return {ast.literal_eval(element) for element in node.value.elts}
  raise AssertionError(f"{room}/__init__.py has no __all__")


def _lines(path: pathlib.Path) -> int:
  return len(path.read_text().splitlines())


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_arrows_point_down(path):
  room = _room(path)
  assert room in FLOORS, f"{room} has no floor yet"
  below = FLOORS[: FLOORS.index(room) + 1]
  for place, _ in _own_imports(path):
    assert place.split(".")[0] in below, f"{path} imports {place}, above it"


@pytest.mark.parametrize("path", [*FILES, *OUTSIDE], ids=_name)
def test_rooms_are_entered_by_their_doors(path):
  for place, name in _own_imports(path):
    room, *inside = place.split(".")
    if room == _room(path) or room in GROUND:
      continue
    assert not inside, f"{path} imports {place}, which is inside of {room}"
    if name is not None:
      assert name in _promised(room), f"{path}: {room} promises no {name}"


@pytest.mark.parametrize(
  "room", [room for room in FLOORS if (LIBRARY / room).is_dir()]
)
def test_a_door_says_its_idea_and_keeps_its_promise(room):
  tree = ast.parse((LIBRARY / room / "__init__.py").read_text())
  idea = ast.get_docstring(tree)
  assert idea and idea.splitlines()[0].endswith("."), room
  bound = {
    alias.asname or alias.name
    for node in tree.body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
  } | {
    target.id
    for node in tree.body
    if isinstance(node, ast.Assign)
    for target in node.targets
  }
  assert _promised(room) <= bound, _promised(room) - bound


@pytest.mark.parametrize("path", [*FILES, *OUTSIDE, *TESTS], ids=_name)
def test_nobody_reaches_for_names_with_an_underscore(path):
  tree = ast.parse(path.read_text())
  ours = set()
  for node in ast.walk(tree):
    if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in (
      "hub_estimator",
      "benchmarks",
      "tests",
    ):
      for alias in node.names:
        assert not alias.name.startswith("_"), f"{path}: {alias.name}"
        ours.add(alias.asname or alias.name)
  for node in ast.walk(tree):
    if (
      isinstance(node, ast.Attribute)
      and isinstance(node.value, ast.Name)
      and node.value.id in ours
    ):
      private = node.attr.startswith("_") and not node.attr.startswith("__")
      assert not private, f"{path}:{node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", [FRONT, *FILES], ids=_name)
def test_files_and_functions_are_short(path):
  assert _lines(path) <= MOST_LINES
  for node in ast.walk(ast.parse(path.read_text())):
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
      length = node.end_lineno - node.lineno + 1
      assert length <= MOST_LINES_OF_A_FUNCTION, f"{node.name}: {length} lines"


def test_the_median_file_is_short():
  lengths = [_lines(p) for p in FILES if p.name != "__init__.py"]
  assert statistics.median(lengths) <= MOST_LINES_OF_THE_MEDIAN_FILE


def test_only_the_runtime_imports_tensorflow_estimator_or_hub():
  for path in [*FILES, *OUTSIDE]:
    if _room(path) == "tensorflow_runtime" or _name(path) in OWN_TENSORFLOW:
      continue
    modules = [
      f"{module}.{name}" if name else module for module, name in _imports(path)
    ]
    roots = {module.split(".")[0] for module in modules}
    assert not roots & {"tensorflow_estimator", "tensorflow_hub", "tf_keras"}, (
      path
    )
    deep = [m for m in modules if m.split(".")[0] == "tensorflow"]
    # Protos and the op registry have no public name.
    assert all(
      m.startswith(("tensorflow.core", "tensorflow.python.framework"))
      for m in deep
    ), path


def test_trainers_import_tensorflow_only_inside_of_functions():
  for path in ROOT.glob("trainers/*.py"):
    for node in ast.parse(path.read_text()).body:
      if isinstance(node, ast.ImportFrom) and node.module.startswith(
        "hub_estimator."
      ):
        assert node.module.split(".")[1] in {*LIGHT, "trainers"}, path


def _covered(path: pathlib.Path) -> list[pathlib.Path]:
  """Returns the files that a test file covers: that of its name, and `COVERS`."""
  stems = [path.name.removesuffix("_test.py")]
  for node in ast.parse(path.read_text()).body:
    if (
      isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COVERS"
    ):
      stems += ast.literal_eval(node.value)
  place = path.relative_to(ROOT / "tests").parent
  return [place / f"{stem}.py" for stem in stems]


def test_every_file_of_the_library_has_its_test():
  tested = {
    covered
    for path in TESTS
    if path.name.endswith("_test.py")
    for covered in _covered(path)
  }
  for path in FILES:
    name = path.relative_to(LIBRARY)
    if name.name not in ("__init__.py", "testing.py", "errors.py"):
      assert name in tested, f"{name} has no test"
