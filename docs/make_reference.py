"""Writes docs/reference/: a page for each family of parts, from their docstrings.

    python docs/make_reference.py

A test fails if a page isn't up to date.
"""

import inspect
import pathlib
import textwrap
from typing import Any

# They register all parts.
import hub_estimator.publishing  # noqa: F401
import hub_estimator.sweeps  # noqa: F401
from hub_estimator import config

REFERENCE = pathlib.Path(__file__).parent / "reference"

# Page -> (title, what the page is about, the places whose parts it lists).
PAGES = {
  "modules": (
    "Modules",
    "Choose the modules of a run, and say how features go through them.",
    [
      "modules",
      "handles",
      "model.encoders",
      "preprocessing.adapters",
      "preprocessing.tokenizers",
      "model.columns",
    ],
  ),
  "models": (
    "Models",
    "Choose what builds the graph of a run.",
    ["model.models"],
  ),
  "heads": (
    "Heads, tops and metrics",
    "Choose the loss, the layers between a module and its head, and what "
    "evaluation measures.",
    ["heads", "model.tops", "model.metrics"],
  ),
  "regimes": (
    "Regimes",
    "Choose the optimizer, its learning rate, and how pretrained weights move.",
    ["optimizers"],
  ),
  "inputs": (
    "Inputs",
    "Choose where examples come from, and how images are augmented.",
    ["inputs", "preprocessing.augmentations"],
  ),
  "sweeps": ("Sweeps", "Run one config many times, and compare.", ["sweeps"]),
  "publishing": (
    "Publishing",
    "Publish a module from a Python function.",
    ["publishing"],
  ),
  "runs": (
    "Runs",
    "Define a run, its end, its exports and its gin files.",
    ["experiments", "exporting", "config"],
  ),
}


def parts_of(place: str) -> dict[str, Any]:
  """Returns the parts that a room or file registers with gin, by their gin names.

  Args:
    place: a room, or a room and a file in it.
  """
  prefix = f"hub_estimator.{place}."
  return {
    selector.removeprefix("hub_estimator."): part
    for selector, part in sorted(config.registered_parts().items())
    if f"{part.__module__}.".startswith(prefix)
  }


def to_markdown(page: str) -> str:
  """Returns a page's text."""
  title, purpose, places = PAGES[page]
  lines = [
    f"# {title}",
    "",
    f"{purpose} `make reference` writes this page from the docstrings.",
  ]
  for name, part in [p for place in places for p in parts_of(place).items()]:
    lines += ["", f"## {name}", ""]
    lines += ["```gin", *_signature(name, part), "```"]
    lines += ["", *_docstring(inspect.getdoc(part))]
  return "\n".join(lines) + "\n"


def _signature(name: str, part: Any) -> list[str]:
  """Returns one binding for each parameter, with its default."""
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


def _default(value: Any) -> str:
  if (
    repr(value) == "<factory>"
  ):  # Of a dataclass; all of this package are maps.
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
