"""The modules that were fetched: list, verify, repair, fetch.

The cache is `tensorflow_hub`'s own, TFHUB_CACHE_DIR: what other programs have
fetched is listed and verified too.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verbs of the cache, and their flags."""
  verbs = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
  for name, what in (
    ("list", "what is in the cache, with URL, size and date"),
    ("verify", "read all of it; exit code 1 where anything is damaged"),
    ("repair", "fetch damaged modules anew, and remove what downloads left"),
    ("fetch", "put modules into the cache, for machines without a network"),
  ):
    verb = verbs.add_parser(
      name, help=what, description=f"{what}.".capitalize()
    )
    if name == "fetch":
      verb.add_argument("handles", metavar="HANDLE", nargs="+")
      verb.add_argument(
        "--anew", action="store_true", help="even if it is there already"
      )
    else:
      verb.add_argument("--json", action="store_true", help="as JSON")
    flags.add_handle_arguments(verb)


def main(args: argparse.Namespace) -> int:
  """Does one of them."""
  flags.read_handles(args)
  from hub_estimator.handles import cache_repair as caching

  if args.action == "fetch":
    for handle in args.handles:
      print(caching.fetch(handle, anew=args.anew))
    return 0
  report = {
    "list": caching.list_entries,
    "verify": caching.verify,
    "repair": caching.repair,
  }[args.action]()
  if args.json:
    flags.print_json(report.as_dict())
  else:
    print(report.as_text())
  return 1 if report.damaged else 0
