"""Calls the order management system.

Connections that repeat what may be repeated, refusals as typed errors, and watches that resume. The stubs are in
`oms`, made from the contracts in proto/.
"""

from oms_client.connection import connect
from oms_client.events import events
from oms_client.refusal import Reason, Refusal, Violation

__all__ = ["Reason", "Refusal", "Violation", "connect", "events"]
