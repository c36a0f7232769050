"""List, verify, repair and fetch cached modules.

The cache is that of `tensorflow_hub`, TFHUB_CACHE_DIR. It includes the modules that
other programs have fetched.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the actions on the cache and their flags."""
  verbs = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
  for name, what in (
    ("list", "list the cached modules with their addresses, sizes and dates"),
    ("verify", "read every byte; exit with 1 if a module is damaged"),
    (
      "repair",
      "fetch damaged modules again, and remove leftovers of downloads",
    ),
    ("fetch", "fetch modules into the cache, for machines without a network"),
  ):
    verb = verbs.add_parser(
      name, help=what, description=f"{what}.".capitalize()
    )
    if name == "fetch":
      verb.add_argument("handles", metavar="HANDLE", nargs="+")
      verb.add_argument(
        "--refetch",
        "--anew",
        action="store_true",
        help="fetch a module again even if it is cached",
      )
    else:
      verb.add_argument("--json", action="store_true", help="print JSON")
    flags.add_handle_arguments(verb)


def main(args: argparse.Namespace) -> int:
  """Performs one action on the cache."""
  flags.read_handles(args)
  from hub_estimator.handles import cache_repair as caching

  if args.action == "fetch":
    for handle in args.handles:
      print(caching.fetch(handle, refetch=args.refetch))
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
