"""TF1 Hub modules as formats that code without TensorFlow 1 trains and serves."""

from hub_estimator.converting import tf2
from hub_estimator.converting.conversion import convert

__all__ = ["convert", "tf2"]
