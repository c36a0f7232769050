"""Versions of the full model and its modules, exported together or not at all."""

from hub_estimator.exporting import serving
from hub_estimator.exporting.exporter import VersionExporter
from hub_estimator.exporting.exports import ExportContext, Exports
from hub_estimator.exporting.making import export_version

__all__ = [
  "ExportContext",
  "Exports",
  "VersionExporter",
  "export_version",
  "serving",
]
