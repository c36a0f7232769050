"""Writes docs/reference/: one page a family, from docstrings and gin signatures.

    python docs/make_reference.py

A test fails where a page isn't what this makes.
"""

import inspect
import pathlib
import textwrap

from gin import config

from hub_estimator import exporting, handles, heads, inputs, modules, optimizers
from hub_estimator.model import encoders, feature_columns, metrics, tops
from hub_estimator.modules import new_modules
from hub_estimator.optimizers import schedules
from hub_estimator.preprocessing import adapters, augmentations, tokenizers
from hub_estimator.publishing import module_fn
from hub_estimator.runs import experiment as experiments
from hub_estimator.sweeps import sweep

REFERENCE = pathlib.Path(__file__).parent / "reference"

# Page -> (title, what it holds, the files whose parts it lists).
PAGES = {
  "modules": (
    "Modules",
    "Which modules a run uses, and how features go through them.",
    [
      modules,
      handles,
      new_modules,
      encoders,
      adapters,
      tokenizers,
      feature_columns,
    ],
  ),
  "heads": (
    "Heads, tops and metrics",
    "What stands on a module's output, and what evaluation measures.",
    [heads, tops, metrics],
  ),
  "regimes": (
    "Regimes",
    "Optimizers, learning rates, and what is done to pretrained weights.",
    [optimizers, schedules],
  ),
  "inputs": (
    "Inputs",
    "Where examples come from, and what is done to them.",
    [inputs, augmentations],
  ),
  "sweeps": (
    "Sweeps",
    "Many runs of one config, compared.",
    [sweep],
  ),
  "publishing": (
    "Publishing",
    "A module of a Python function.",
    [module_fn],
  ),
  "runs": (
    "Runs",
    "The run itself, its end and its exports.",
    [experiments, exporting],
  ),
}


def parts_of(file) -> dict[str, object]:
  """Returns what a file registers with gin, by the names that gin files use."""
  return {
    selector.removeprefix("hub_estimator."): known.wrapped
    for selector, known in config._REGISTRY._selector_map.items()
    if f"{known.wrapped.__module__}.".startswith(f"{file.__name__}.")
  }


def to_markdown(page: str) -> str:
  """Returns a page's text."""
  title, purpose, files = PAGES[page]
  lines = [
    f"# {title}",
    "",
    f"{purpose} Made from the docstrings by `make reference`.",
  ]
  for name, part in [p for file in files for p in parts_of(file).items()]:
    lines += ["", f"## {name}", ""]
    lines += ["```gin", *_signature(name, part), "```"]
    lines += ["", *_docstring(inspect.getdoc(part))]
  return "\n".join(lines) + "\n"


def _signature(name: str, part) -> list[str]:
  """Returns a binding a parameter, with its default."""
  parameters = [
    p
    for p in inspect.signature(part).parameters.values()
    if isinstance(part, type) or p.kind is p.KEYWORD_ONLY
  ]
  return [
    f"{name}.{p.name} = "
    + ("# required" if p.default is p.empty else _default(p.default))
    for p in parameters
  ] or [f"@{name}()"]


def _default(value) -> str:
  if repr(value) == "<factory>":  # Of a dataclass; all of ours are maps.
    return "{}"
  if type(value).__module__.startswith("hub_estimator"):
    return f"# {type(value).__name__}()"
  return repr(list(value) if isinstance(value, tuple) else value)


def _docstring(doc: str) -> list[str]:
  """Returns a docstring with its "Attributes:" and "Args:" as a list."""
  lines = []
  items = False
  for line in doc.splitlines():
    if line in ("Attributes:", "Args:"):
      items = True
    elif items and line.startswith("  ") and not line.startswith("   "):
      field, _, meaning = line.strip().partition(": ")
      lines.append(f"- `{field}`: {meaning}")
    elif items and line.startswith("    "):
      lines.append(f"  {line.strip()}")
    elif line.endswith(":") and line[:-1] in ("Raises", "Returns"):
      items = True
      lines += [f"**{line}**", ""]
    else:
      items = items and not line.strip()
      lines.append(line)
  return textwrap.dedent("\n".join(lines)).rstrip().splitlines()


def main() -> None:
  """Writes all pages."""
  REFERENCE.mkdir(exist_ok=True)
  for page in PAGES:
    (REFERENCE / f"{page}.md").write_text(to_markdown(page), encoding="utf-8")


if __name__ == "__main__":
  main()
