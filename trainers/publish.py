"""Make a TF1 Hub module: of word vectors, a Python function, or a SavedModel."""

import argparse
import sys

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the kinds of sources, and their flags."""
  kinds = parser.add_subparsers(dest="kind", metavar="KIND", required=True)
  text = _add(kinds, "text", "a text embedding of word vectors")
  text.add_argument(
    "--vectors",
    required=True,
    metavar="F",
    help="word2vec's text or GloVe, also by gzip, or .npy with --vocabulary",
  )
  text.add_argument(
    "--vocabulary", metavar="V", help="of .npy: a file of one word a line"
  )
  text.add_argument(
    "--max_words", type=int, metavar="N", help="take the first N words"
  )
  text.add_argument(
    "--bad_rows",
    default="raise",
    choices=("raise", "skip"),
    help="rows of another width, without a word, or repeated",
  )
  text.add_argument(
    "--combiner", default="sqrtn", choices=("sum", "mean", "sqrtn")
  )
  text.add_argument("--oov_buckets", type=int, default=1, metavar="N")
  text.add_argument(
    "--keep_case", action="store_true", help="don't lowercase sentences"
  )
  text.add_argument(
    "--l2", type=float, default=0.0, help="weight of a regularization loss"
  )
  function = _add(
    kinds,
    "module_fn",
    "a module_fn: publish.module = @new_module(), publish.checkpoint, "
    "publish.names, publish.initialize",
  )
  flags.add_gin_arguments(function, required=True)
  saved = _add(
    kinds, "saved_model", "a SavedModel of TensorFlow 1 or 2, or a Keras file"
  )
  saved.add_argument(
    "--source", required=True, metavar="S", help="a handle, .h5 or .keras"
  )
  flags.add_handle_arguments(saved)


def main(args: argparse.Namespace) -> int:
  """Publishes, and says how the module is looked at."""
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


def _add(kinds, name: str, what: str) -> argparse.ArgumentParser:
  parser = kinds.add_parser(name, help=what, description=what)
  parser.add_argument(
    "--output",
    required=True,
    metavar="D",
    help="a directory that isn't there yet",
  )
  parser.add_argument(
    "--documentation",
    metavar="F",
    help="Markdown for the module's users, attached as assets.extra/README.md",
  )
  return parser
