"""Surveys of data before any run: columns, missing values, repeats, leakage."""

from hub_estimator.surveying.columns import Column, describe
from hub_estimator.surveying.survey import Leakage, Survey, survey
from hub_estimator.surveying.table import IMAGE, LABEL, Table, read_table
from hub_estimator.surveying.text import to_text

__all__ = [
  "IMAGE",
  "LABEL",
  "Column",
  "Leakage",
  "Survey",
  "Table",
  "describe",
  "read_table",
  "survey",
  "to_text",
]
