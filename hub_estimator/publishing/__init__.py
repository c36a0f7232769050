"""Publishes new modules from word vectors, a module_fn or a SavedModel.

Each kind of source has a file with a function `publish`, which writes a directory
that doesn't exist yet: completely, or not at all.
"""

from hub_estimator.publishing import module_fn, saved_model, text, vectors
from hub_estimator.publishing.module_fn import Publication
from hub_estimator.publishing.staging import new_directory

__all__ = [
  "Publication",
  "module_fn",
  "new_directory",
  "saved_model",
  "text",
  "vectors",
]
