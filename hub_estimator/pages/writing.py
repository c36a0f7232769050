"""Writes the page of a run, and the same facts as JSON beside it."""

import importlib.metadata
import os
import pathlib
import shlex
from collections.abc import Mapping
from typing import Any

import jinja2

from hub_estimator import disk, runs, schemas
from hub_estimator.model_dir import (
  Workdir,
  headline,
  read_json,
  results,
  write_json,
)
from hub_estimator.pages import findings
from hub_estimator.pages.drawing import learning_curves, prediction_charts

_TEMPLATES = pathlib.Path(__file__).parent / "templates"
_PACKAGES = ("tensorflow", "tensorflow-hub", "tensorflow-estimator", "numpy")
_MOST_CLASSES = 1000


def write_run_page(model_dir: str | os.PathLike[str]) -> pathlib.Path:
  """Writes report.html and report.json into a run's directory.

  The page needs no network and no other file.

  Args:
    model_dir: of a run.

  Returns:
    The path of the page.

  Raises:
    UserError: there is no run, or its evaluation data has gone.
  """
  run = runs.read_run(model_dir)
  workdir = Workdir.at(run.model_dir)
  evidence = runs.collect_evidence(run.model_dir)
  found = None if evidence is None else findings.find(evidence)
  facts = _facts(run, workdir)
  write_json(
    workdir.path / "report.json", results.plain({**facts, "predictions": found})
  )
  page = workdir.path / "report.html"
  disk.write_text(page, render(facts, found))
  return page


def render(facts: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
  """Returns the page as HTML.

  Args:
    facts: about the run, as report.json holds them.
    found: what the predictions show; None if there are none.
  """
  environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
  )
  environment.filters["number"] = _number
  by_step = {int(step): m for step, m in facts["evaluations"].items()}
  return environment.get_template("run.html").render(
    **facts,
    scores_of_head=headline(facts["metrics"]),
    found=found,
    learning=list(learning_curves(by_step)),
    charts=list(prediction_charts(found)) if found else [],
  )


def _facts(run: runs.Run, workdir: Workdir) -> dict[str, Any]:
  """Returns what is known of a run besides its predictions."""
  schema = schemas.read(workdir.schema)
  result = run.result
  exports = {} if result is None else result.exports
  return {
    "name": workdir.path.name,
    "model_dir": str(workdir.path),
    "state": "not done" if result is None else result.state,
    "steps": 0 if result is None else result.steps,
    "seconds": {} if result is None else dict(result.seconds),
    "metrics": {} if result is None else dict(result.metrics),
    "modules": run.manifest["modules"],
    "seed": run.experiment.seed,
    "head": repr(run.experiment.head),
    "optimizer": repr(run.experiment.optimizer),
    "versions": {n: _version(n) for n in _PACKAGES},
    "schema": None if schema is None else _of_schema(schema),
    "data": read_json(workdir.data_report)["lines"]
    if workdir.data_report.exists()
    else [],
    "evaluations": run.evaluations(),
    "exports": [
      _export(workdir, kind, export) for kind, export in exports.items()
    ],
    "config": workdir.config.read_text(encoding="utf-8"),
    "commands": _commands(workdir),
  }


def _of_schema(schema: schemas.Schema) -> dict[str, Any]:
  return {
    "examples": dict(schema.examples),
    "features": {n: str(f.spec) for n, f in schema.features.items()},
    "labels": {
      name: {
        "kind": column.kind,
        "range": column.range,
        "counts": [
          (c, n, column.counts["eval"].get(c, 0))
          for c, n in list(column.counts["train"].items())[:_MOST_CLASSES]
        ]
        if column.counts
        else [],
      }
      for name, column in schema.labels.items()
    },
  }


def _export(
  workdir: Workdir, kind: str, export: Mapping[str, Any]
) -> dict[str, Any]:
  paths = {
    half: str(workdir.path / export[half])
    for half in ("model", "module")
    if export.get(half)
  }
  serve = None
  if "model" in paths:
    base = shlex.quote(os.path.dirname(paths["model"]))
    serve = (
      "tensorflow_model_server --rest_api_port=8501 --model_name=model "
      f"--model_base_path={base}"
    )
  return {"kind": kind, "error": export.get("error"), "serve": serve, **paths}


def _commands(workdir: Workdir) -> dict[str, str]:
  run = f"--model_dir {shlex.quote(str(workdir.path))}"
  config = shlex.quote(str(workdir.config))
  return {
    "predict": f"hub-estimator predict {run} --input FILE",
    "evaluate": f"hub-estimator evaluate {run}",
    "export": f"hub-estimator export {run}",
    "serve": f"hub-estimator serve {shlex.quote(str(workdir.path))}",
    "reproduce": f"hub-estimator train --gin_file {config} --model_dir NEW",
  }


def _version(package: str) -> str:
  try:
    return importlib.metadata.version(package)
  except importlib.metadata.PackageNotFoundError:
    return "unknown"


def _number(value: Any) -> str:
  """Returns a number as people read it."""
  if not isinstance(value, float):
    return f"{value:,}" if isinstance(value, int) else str(value)
  return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
