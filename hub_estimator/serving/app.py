"""The web application: URLs, bodies and errors."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub_estimator.errors import UserError, one_line
from hub_estimator.serving import requests
from hub_estimator.serving.batching import BatchedModel, Stopped
from hub_estimator.serving.limits import Limits
from hub_estimator.serving.models import Models, UnknownModel
from hub_estimator.tensorflow_runtime import op_errors, tf

_log = logging.getLogger(__name__)
_PATH = re.compile(
  r"(?P<name>[^/:]+)(/versions/(?P<version>\d+))?"
  r"(?P<metadata>/metadata)?(:(?P<verb>\w+))?"
)
_VERBS: Mapping[str, Callable[..., dict[str, Any]]] = {
  "predict": requests.predict,
  "classify": requests.classify,
  "regress": requests.regress,
}


def make_app(models: Models, limits: Limits) -> Starlette:
  """Returns an ASGI application that answers for models.

  Args:
    models: that are served.
    limits: of each request.
  """
  routes = _Routes(models, limits)
  return Starlette(
    routes=[
      Route("/v1/models", routes.list_models),
      Route("/v1/models/{path:path}", routes.describe, methods=["GET"]),
      Route("/v1/models/{path:path}", routes.run, methods=["POST"]),
    ],
    exception_handlers={HTTPException: _http_error, Exception: _error},
  )


class _Routes:
  """The handlers of requests."""

  def __init__(self, models: Models, limits: Limits) -> None:
    self._models = models
    self._limits = limits

  async def list_models(self, request: Request) -> Response:
    del request
    served = {name: self._models.find(name) for name in self._models.names}
    return _json(
      {
        "models": [
          {"name": name, "version": str(one.model.number)}
          for name, one in served.items()
        ]
      }
    )

  async def describe(self, request: Request) -> Response:
    found = _parts(request)
    if found["verb"]:
      raise HTTPException(405, f":{found['verb']} takes a POST request.")
    served = self._find(found)
    if found["metadata"]:
      return _json(requests.describe_signatures(found["name"], served))
    return _json(requests.describe_versions(served))

  async def run(self, request: Request) -> Response:
    found = _parts(request)
    verb = _VERBS.get(found["verb"] or "")
    if verb is None or found["metadata"]:
      raise HTTPException(
        404 if found["verb"] else 405,
        f"A POST request ends in one of {', '.join(f':{v}' for v in _VERBS)}.",
      )
    self._find(found)
    body = await self._read(request)
    while True:
      try:
        return await run_in_threadpool(
          self._answer, verb, self._find(found), body
        )
      except Stopped:  # A newer version has just taken its place.
        continue

  def _answer(
    self,
    verb: Callable[..., dict[str, Any]],
    served: BatchedModel,
    body: bytes,
  ) -> Response:
    try:
      parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
      raise HTTPException(
        400, f"The body isn't JSON: {one_line(error)}"
      ) from error
    try:
      return _json(verb(served, parsed, timeout_s=self._limits.run_s))
    except UserError as error:
      raise HTTPException(400, one_line(error)) from error
    except (TimeoutError, tf.errors.DeadlineExceededError) as error:
      raise HTTPException(
        504, f"The model gave no answer within {self._limits.run_s:g} s."
      ) from error
    except tf.errors.InvalidArgumentError as error:
      raise HTTPException(400, op_errors.essence(error)) from error

  def _find(self, found: Mapping[str, str | None]) -> BatchedModel:
    version = found["version"]
    try:
      return self._models.find(
        found["name"] or "", None if version is None else int(version)
      )
    except UnknownModel as error:
      raise HTTPException(404, str(error)) from error

  async def _read(self, request: Request) -> bytes:
    """Returns the body, if it is small enough and comes in time."""
    most = int(self._limits.body_mib * 2**20)
    too_large = HTTPException(
      413, f"The body is larger than {self._limits.body_mib:g} MiB."
    )
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > most:
      raise too_large
    body = bytearray()
    try:
      async with asyncio.timeout(self._limits.read_s):
        async for chunk in request.stream():
          body += chunk
          if len(body) > most:
            raise too_large
    except TimeoutError as error:
      raise HTTPException(
        408, f"The body didn't come within {self._limits.read_s:g} s."
      ) from error
    except ClientDisconnect as error:
      raise HTTPException(400, "The client has gone.") from error
    return bytes(body)


def _parts(request: Request) -> dict[str, Any]:
  match = _PATH.fullmatch(request.path_params["path"])
  if match is None:
    raise HTTPException(
      404,
      "URLs are /v1/models/NAME[/versions/N], the same with /metadata, and "
      "/v1/models/NAME[/versions/N]:predict, :classify or :regress.",
    )
  return match.groupdict()


async def _http_error(request: Request, error: Exception) -> Response:
  del request
  assert isinstance(error, HTTPException)
  # What is left of the body would be read as the next request.
  close = {"Connection": "close"} if error.status_code in (408, 413) else {}
  return JSONResponse(
    {"error": error.detail},
    error.status_code,
    {**(error.headers or {}), **close},
  )


async def _error(request: Request, error: Exception) -> Response:
  _log.error("%s: %s", request.url.path, one_line(error))
  return JSONResponse({"error": one_line(error)}, 500)


def _json(value: Any) -> Response:
  # NaN and infinity are written as TensorFlow Serving writes them.
  return Response(
    json.dumps(value, ensure_ascii=False), media_type="application/json"
  )
