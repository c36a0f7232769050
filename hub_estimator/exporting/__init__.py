"""Versions of the full model and its modules, exported together or not at all."""

from hub_estimator.exporting import exporters, serving
from hub_estimator.exporting.exporter import VersionExporter
from hub_estimator.exporting.exporters import ExporterPart
from hub_estimator.exporting.exports import KINDS, ExportContext, Exports
from hub_estimator.exporting.making import export_version
from hub_estimator.exporting.other_exporter import OtherExporter

__all__ = [
  "ExportContext",
  "ExporterPart",
  "Exports",
  "KINDS",
  "OtherExporter",
  "VersionExporter",
  "export_version",
  "exporters",
  "serving",
]
