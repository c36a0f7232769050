"""Make a TF1 Hub module from word vectors, a Python function or a SavedModel."""

import argparse
import sys
from typing import Any

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the kinds of sources and their flags."""
  kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
  _add_text_arguments(
    _add(kinds, "text", "make a text embedding from word vectors")
  )
  function = _add(
    kinds,
    "module_fn",
    "make a module from a module_fn, bound in gin: publish.module = "
    "@new_module(), publish.checkpoint, publish.names, publish.initialize",
  )
  flags.add_gin_arguments(function, required=True)
  saved = _add(
    kinds,
    "saved_model",
    "convert a SavedModel of TensorFlow 1 or 2, or a Keras file",
  )
  saved.add_argument(
    "--source",
    required=True,
    metavar="S",
    help="a handle, or a .h5 or .keras file",
  )
  flags.add_handle_arguments(saved)


def _add_text_arguments(text: argparse.ArgumentParser) -> None:
  text.add_argument(
    "--vectors",
    required=True,
    metavar="F",
    help="a text file of GloVe or word2vec, optionally gzipped, or an .npy file "
    "with --vocabulary",
  )
  text.add_argument(
    "--vocabulary", metavar="V", help="for .npy: a file with one word per line"
  )
  text.add_argument(
    "--max_words", type=int, metavar="N", help="use only the first N words"
  )
  text.add_argument(
    "--bad_rows",
    default="raise",
    choices=("raise", "skip"),
    help="what to do with rows of the wrong width, without a word, or with a "
    "repeated word (default: %(default)s)",
  )
  text.add_argument(
    "--combiner",
    default="sqrtn",
    choices=("sum", "mean", "sqrtn"),
    help="how to combine the vectors of a sentence's words (default: %(default)s)",
  )
  text.add_argument(
    "--oov_buckets",
    type=int,
    default=1,
    metavar="N",
    help="rows that unknown words share (default: %(default)s)",
  )
  text.add_argument(
    "--keep_case", action="store_true", help="do not lowercase sentences"
  )
  text.add_argument(
    "--l2",
    type=float,
    default=0.0,
    help="weight of a regularization loss (default: %(default)s)",
  )


def main(args: argparse.Namespace) -> int:
  """Publishes a module and reports its path."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  if args.kind == "text":
    from hub_estimator.publishing import text

    text.publish_file(
      args.output,
      args.vectors,
      vocabulary=args.vocabulary,
      max_words=args.max_words,
      bad_rows=args.bad_rows,
      combiner=args.combiner,
      oov_buckets=args.oov_buckets,
      lowercase=not args.keep_case,
      l2=args.l2,
      documentation=args.documentation,
    )
  elif args.kind == "module_fn":
    from hub_estimator import config
    from hub_estimator.publishing import module_fn  # Registers `publish`.

    flags.read_handles(args)
    module_fn.publish(
      args.output, config.build("publish"), documentation=args.documentation
    )
  else:
    flags.read_handles(args)
    from hub_estimator.publishing import saved_model

    saved_model.publish(
      args.output, args.source, documentation=args.documentation
    )
  print(f"published {args.output}", file=sys.stderr)
  return 0


def _add(kinds: Any, name: str, what: str) -> argparse.ArgumentParser:
  parser = kinds.add_parser(name, help=what, description=what)
  parser.add_argument(
    "--output",
    required=True,
    metavar="D",
    help="the module's directory, which must not exist yet",
  )
  parser.add_argument(
    "--documentation",
    metavar="F",
    help="a Markdown file for users, attached as assets.extra/README.md",
  )
  return parser
