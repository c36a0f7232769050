"""Host a folder of modules for hub.Module and hub_estimator, on a team's network.

The URL U?tf-hub-format=compressed returns the tar.gz of the module at the path U; "/"
lists all modules. The server has no login and no TLS; put a web server in front.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "directory", metavar="DIR", help="a folder with modules, at any depth"
  )
  parser.add_argument(
    "--host",
    default="127.0.0.1",
    help="the address to listen on; 0.0.0.0 serves other machines (default: "
    "%(default)s)",
  )
  parser.add_argument(
    "--port",
    type=int,
    default=8470,
    help="the port; 0 picks a free one (default: %(default)s)",
  )


def main(args: argparse.Namespace) -> int:
  """Serves until interrupted."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator.handles import ModuleServer

  server = ModuleServer(args.directory, host=args.host, port=args.port)
  with server:
    for path in server.modules():
      print(f"{server.url}{path}")
    print(f"serving {args.directory} at {server.url}", flush=True)
    server.serve_forever()
  return 0
