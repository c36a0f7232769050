"""Serving: the exported models of a run, by TensorFlow Serving's REST API.

Needs the extra `serve`; only `ModelServer` imports its packages.
"""

from hub_estimator.serving.limits import Limits
from hub_estimator.serving.server import ModelServer

__all__ = ["Limits", "ModelServer"]
