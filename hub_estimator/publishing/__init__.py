"""New modules from word vectors, a module_fn or a SavedModel."""

from hub_estimator.publishing import module_fn, saved_model, text, vectors

__all__ = [
  "module_fn",
  "saved_model",
  "text",
  "vectors",
]
