"""Publishes word vectors as a text embedding: string [N] -> float32 [N, width]."""

import logging
import pathlib
import time
from collections.abc import Callable, Sequence

import numpy as np

from hub_estimator.publishing import sliced_checkpoint
from hub_estimator.publishing import vectors as word_vectors
from hub_estimator.publishing.embedding import COMBINERS, Embedding, make_spec
from hub_estimator.publishing.staging import new_directory
from hub_estimator.publishing.vectors import Vectors
from hub_estimator.tensorflow_runtime import hub_internals

__all__ = ["COMBINERS", "publish", "publish_file"]
_log = logging.getLogger(__name__)


def publish(
  path: str,
  *,
  words: Sequence[str],
  vectors: np.ndarray,
  combiner: str = "sqrtn",
  oov_buckets: int = 1,
  lowercase: bool = True,
  l2: float = 0.0,
  documentation: str | None = None,
) -> str:
  """Writes a module from words and vectors in memory.

  Args:
    path: a directory that doesn't exist yet.
    words: a different word for each row of `vectors`.
    vectors: [words, width]; may be a `np.memmap`.
    combiner: "sum", "mean" or "sqrtn"; see `publish_file` for all options.
    oov_buckets: at least 1.
    lowercase: whether to lowercase sentences first.
    l2: weight of a regularization loss; 0 adds none.
    documentation: a Markdown file to attach.

  Returns:
    `path`.

  Raises:
    UserError: `path` exists, words and vectors don't match, or an option has a
      wrong value.
  """
  return _publish(
    path,
    lambda scratch: word_vectors.from_arrays(words, vectors, scratch),
    Embedding(combiner, oov_buckets, lowercase, l2),
    documentation,
  )


def publish_file(
  path: str,
  vectors: str,
  *,
  vocabulary: str | None = None,
  max_words: int | None = None,
  bad_rows: str = "raise",
  combiner: str = "sqrtn",
  oov_buckets: int = 1,
  lowercase: bool = True,
  l2: float = 0.0,
  documentation: str | None = None,
) -> str:
  """Writes a module from a file of vectors, with signatures "default" and "tokens".

  "default" takes sentences, and combines the vectors of their words. "tokens" takes
  single words as they are and also returns their ids: see `embedding`. Vectors
  stream from the file into the module's checkpoint; no graph contains them, and
  memory holds one chunk at a time.

  Args:
    path: a directory that doesn't exist yet.
    vectors: a file; see `vectors.from_file`, also for the next three arguments.
    vocabulary: for .npy: a file with one word per line.
    max_words: how many words to use; None uses all.
    bad_rows: "raise" or "skip".
    combiner: "sum", "mean", or "sqrtn": the sum divided by the root of the count.
    oov_buckets: at least 1. An unknown word falls into one of these buckets, whose
      vectors start at the mean of all vectors and are fine-tuned like the others.
    lowercase: whether to lowercase sentences first.
    l2: weight of a regularization loss, half the sum of squares of all vectors; 0
      adds none.
    documentation: a Markdown file to attach.

  Returns:
    `path`.

  Raises:
    UserError: `path` exists, a file doesn't exist, a row is bad, or an option has
      a wrong value.
  """
  return _publish(
    path,
    lambda scratch: word_vectors.from_file(
      vectors,
      scratch,
      vocabulary=vocabulary,
      max_words=max_words,
      bad_rows=bad_rows,
    ),
    Embedding(combiner, oov_buckets, lowercase, l2),
    documentation,
  )


def _publish(
  path: str,
  read: Callable[[pathlib.Path], Vectors],
  embedding: Embedding,
  documentation: str | None,
) -> str:
  started = time.monotonic()
  _log.info("Publishing word vectors to %s.", path)
  with new_directory(path, documentation=documentation) as scratch:
    vectors = read(scratch)
    hub_internals.export_with(
      make_spec(vectors, embedding),
      str(scratch / "module"),
      lambda prefix: sliced_checkpoint.write(
        prefix,
        vectors,
        oov_buckets=embedding.oov_buckets,
        scratch=scratch / "chunks",
      ),
    )
  _log.info(
    "Published %d word vectors in %.1f s.",
    vectors.rows,
    time.monotonic() - started,
  )
  return path
