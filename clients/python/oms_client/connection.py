"""Connections that repeat what may be repeated."""

import random
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import grpc
from google.protobuf.message import Message

from oms_client.refusal import Refusal

CALL_S = 20.0
"""For a call with all its attempts, unless its `timeout` says otherwise."""
ATTEMPT_S = 5.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 3.0


def connect(address: str, *interceptors: grpc.UnaryUnaryClientInterceptor) -> grpc.Channel:
    """Prepares a connection to the gateway, or to one of the services, at host:port. It is made when first used.

    The interceptors see each attempt of a call.
    """
    # The one place that repeats is below.
    channel = grpc.insecure_channel(address, options=[("grpc.enable_retries", 0)])
    return grpc.intercept_channel(channel, _Retry(), *interceptors)


def is_passing(error: grpc.RpcError) -> bool:
    """Whether the cause may be gone later: no answer, or a refusal that names a time."""
    if isinstance(error, Refusal) and error.retry_after_s > 0:
        return True
    return error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class Backoff:
    """Growing pauses until an end, none shorter than a refusal asks for."""

    def __init__(self, time_s: float) -> None:
        self._end = time.monotonic() + time_s
        self._pause_s = FIRST_PAUSE_S

    def left_s(self) -> float:
        """Time until the end."""
        return max(0.0, self._end - time.monotonic())

    def reset(self) -> None:
        """After a success the pauses are short again."""
        self._pause_s = FIRST_PAUSE_S

    def wait(self, error: grpc.RpcError) -> bool:
        """Waits; false, at once, if the end would come before."""
        pause_s = random.uniform(self._pause_s / 2, self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        if isinstance(error, Refusal):
            pause_s = max(pause_s, error.retry_after_s)
        if self.left_s() < pause_s:
            return False
        time.sleep(pause_s)
        return True


class _Details(NamedTuple):
    """What grpc.ClientCallDetails has, so that the timeout can be set."""

    method: str
    timeout: float | None
    metadata: Any
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class _Retry(grpc.UnaryUnaryClientInterceptor):
    """Repeats a call that got no answer, or that the system asks to repeat."""

    def intercept_unary_unary(self, continuation: Callable[..., Any], client_call_details: Any, request: Message) -> Any:
        given = client_call_details
        backoff = Backoff(CALL_S if given.timeout is None else given.timeout)
        while True:
            timeout = min(ATTEMPT_S, backoff.left_s())
            call = continuation(
                _Details(
                    given.method, timeout, given.metadata, given.credentials, given.wait_for_ready, given.compression
                ),
                request,
            )
            # An error that another interceptor raised comes as it is.
            error = call.exception() if isinstance(call, grpc.Future) else call
            if not isinstance(error, grpc.RpcError):
                return call
            refused = Refusal.of(error)
            if not (_is_repeatable(request) and is_passing(refused) and backoff.wait(refused)):
                raise refused


def _is_repeatable(request: Message) -> bool:
    """Whether a second run of the request does no harm.

    The contract gives every request for which it could a `request_id`; with that, the system answers the repetition
    with its first reply.
    """
    return "request_id" not in request.DESCRIPTOR.fields_by_name or request.request_id != ""
