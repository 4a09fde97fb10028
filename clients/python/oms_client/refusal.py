"""Refusals as typed errors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from grpc_status import rpc_status

DOMAIN = "oms"


class Reason(str, Enum):
    """Some of the reasons; each method's comment names its own."""

    INVALID_FIELDS = "INVALID_FIELDS"
    KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ORDER_NOT_FOUND = "ORDER_NOT_FOUND"
    ORDER_STATE = "ORDER_STATE"
    REQUEST_RUNNING = "REQUEST_RUNNING"


@dataclass(frozen=True)
class Violation:
    """One field at fault."""

    field: str
    """Its path: items[2].price"""
    description: str


class Refusal(grpc.RpcError):
    """The system's answer when a call was not carried out."""

    def __init__(self, error: grpc.Call, info: ErrorInfo) -> None:
        super().__init__(f"{info.reason}: {error.details()}")
        self._code = error.code()
        self._details = error.details()
        self.reason = info.reason
        """Stable, unlike the message; see `Reason`."""
        self.metadata = dict(info.metadata)
        """What is particular to the reason, such as the actual state."""
        self.violations: list[Violation] = []
        self.retry_after_s = 0.0
        """0: repeating it does not help."""

    def code(self) -> grpc.StatusCode:
        """As of every error of grpc."""
        return self._code

    def details(self) -> str:
        """The message, for a person."""
        return self._details

    @staticmethod
    def of(error: grpc.RpcError) -> grpc.RpcError:
        """A refusal, if the error carries the system's reason; the error itself otherwise."""
        status = rpc_status.from_call(error) if isinstance(error, grpc.Call) else None
        refusal: Refusal | None = None
        for detail in status.details if status else ():
            info = ErrorInfo()
            if detail.Unpack(info) and info.domain == DOMAIN:
                refusal = Refusal(error, info)
        if refusal is None:
            return error
        for detail in status.details:
            bad, retry = BadRequest(), RetryInfo()
            if detail.Unpack(bad):
                refusal.violations = [Violation(v.field, v.description) for v in bad.field_violations]
            elif detail.Unpack(retry):
                refusal.retry_after_s = retry.retry_delay.ToTimedelta().total_seconds()
        return refusal
