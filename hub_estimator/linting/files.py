"""Checks the module's files: assets, paths in names, and documentation."""

import pathlib
import re
from collections.abc import Iterator, Sequence

from hub_estimator.handles import module_files
from hub_estimator.linting.finding import Finding
from hub_estimator.linting.graph import Graph
from hub_estimator.modules import ModuleInfo

LARGE_ASSET_BYTES = 100_000_000
_TABLE_OPS = re.compile(r"(Mutable)?HashTable")
_LOCAL_PATH = re.compile(rb"(?:^|_)((?:/[\w.+-]+){2,}\.[A-Za-z0-9]+)")
_TEXTS = (".md", ".rst", ".html")


def check_assets(
  info: ModuleInfo,
  graphs: Sequence[Graph],
  *,
  large_bytes: int = LARGE_ASSET_BYTES,
) -> Iterator[Finding]:
  """Yields assets that no graph reads, and assets above `large_bytes`."""
  if info.path is None:
    return
  root = pathlib.Path(info.path, "assets")
  read = module_files.asset_names(info.path)
  for path in sorted(p for p in root.rglob("*") if p.is_file()):
    name = str(path.relative_to(root))
    if name not in read:
      yield Finding(
        "advice",
        "assets",
        f"asset {name!r}",
        "nothing in the graph reads it",
        "consumers download it for nothing",
        "leave it out, or keep it in assets.extra/ if it is for people",
      )
    if path.stat().st_size > large_bytes:
      yield Finding(
        "warning",
        "assets",
        f"asset {name!r}",
        f"it has {path.stat().st_size / 1e6:,.0f} MB",
        "each process reads it before its first step",
        "keep numbers in variables, which load faster and can be trained",
      )


def check_local_paths(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields tables that are named after a path on the publisher's machine."""
  for graph in graphs:
    for name in graph.ops(graph.nodes, _TABLE_OPS):
      local = _LOCAL_PATH.search(graph.nodes[name].attr["shared_name"].s)
      if local:
        yield Finding(
          "advice",
          "local_paths",
          f"table {name!r}",
          f"its shared_name is the path {local.group(1).decode()!r}",
          "it discloses a path on the machine that made the module, and the same "
          "module made elsewhere has other bytes",
          "give the table a shared_name",
        )


def check_documentation(
  info: ModuleInfo, graphs: Sequence[Graph]
) -> Iterator[Finding]:
  """Yields the absence of a readable text beside the module."""
  if info.path is None:
    return
  root = pathlib.Path(info.path)
  if not any(
    path.suffix.lower() in _TEXTS or path.name.lower().startswith("readme")
    for folder in (root, root / "assets.extra")
    for path in folder.glob("*")
  ):
    yield Finding(
      "advice",
      "documentation",
      "files",
      "the module has no documentation",
      "consumers need to know its inputs, data, license, and how to fine-tune it",
      "attach a README.md: publish --documentation, or assets.extra/README.md",
    )
