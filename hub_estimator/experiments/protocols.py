"""The contracts of a run's parts, in one place.

A part of your own is any object with the methods of its Protocol. It needs no base
class and no registration; gin finds it if you register it with `gin.register`.
"""

from hub_estimator.heads.interface import Head, NamedHead
from hub_estimator.inputs.interface import Input
from hub_estimator.model.interface import Column, Encoder, Metric, Top
from hub_estimator.optimizers.interface import Optimizer
from hub_estimator.preprocessing.interface import Augmentation, Tokenizer

__all__ = [
  "Augmentation",
  "Column",
  "Encoder",
  "Head",
  "Input",
  "Metric",
  "NamedHead",
  "Optimizer",
  "Tokenizer",
  "Top",
]
