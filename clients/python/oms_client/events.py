"""Watches that resume."""

from collections.abc import Iterator

import grpc

from oms.orders.v1.orders_pb2 import OrderEvent, WatchOrderRequest
from oms.orders.v1.orders_pb2_grpc import OrderServiceStub
from oms_client.connection import Backoff, is_passing
from oms_client.refusal import Refusal

WATCH_S = 60.0


def events(orders: OrderServiceStub, order_id: str, after: int = 0, timeout: float = WATCH_S) -> Iterator[OrderEvent]:
    """What happens to an order, from the event after this sequence number (0: the first) until nothing can follow.

    A watch that breaks is resumed after the last event seen, so none is missed or repeated.
    """
    backoff = Backoff(timeout)
    while True:
        watch = orders.WatchOrder(
            WatchOrderRequest(order_id=order_id, after_sequence=after), timeout=backoff.left_s()
        )
        try:
            for message in watch:
                after = message.event.sequence
                backoff.reset()
                yield message.event
            return
        except grpc.RpcError as error:
            refused = Refusal.of(error)
            if not (is_passing(refused) and backoff.wait(refused)):
                raise refused from None
        finally:
            watch.cancel()
