"""Versions of the full model and its modules, exported together or not at all."""

from hub_estimator.exporting import serving
from hub_estimator.exporting.exporter import (
  ExportContext,
  Exports,
  VersionExporter,
  export_version,
)

__all__ = [
  "ExportContext",
  "Exports",
  "VersionExporter",
  "export_version",
  "serving",
]
