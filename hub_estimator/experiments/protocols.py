"""The contracts of a run's parts, in one place.

A part of your own is any object with the methods of its Protocol. It needs no base
class and no registration; for a gin file, register it with `gin.register`.
"""

from hub_estimator.exporting import ExporterPart as Exporter
from hub_estimator.heads import Head, NamedHead
from hub_estimator.inputs import Input
from hub_estimator.model import Column, Encoder, Metric, Model, Top
from hub_estimator.optimizers import Optimizer
from hub_estimator.preprocessing import (
  Augmentation,
  Tokenizer,
  WordTokenizer,
)

__all__ = [
  "Augmentation",
  "Column",
  "Encoder",
  "Exporter",
  "Head",
  "Input",
  "Metric",
  "Model",
  "NamedHead",
  "Optimizer",
  "Tokenizer",
  "Top",
  "WordTokenizer",
]
