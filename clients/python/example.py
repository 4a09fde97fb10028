"""Takes an order from its creation to its delivery, is refused, and loses a reply."""

import sys
import uuid
from typing import Any

import grpc
from google.type.money_pb2 import Money

from oms.orders.v1.orders_pb2 import (
    ORDER_STATUS_DELIVERED,
    ORDER_STATUS_PENDING_APPROVAL,
    ORDER_STATUS_PROCESSING,
    ORDER_VIEW_BASIC,
    PAYMENT_METHOD_CREDIT_CARD,
    ApproveOrderRequest,
    CancelOrderRequest,
    CreateOrderRequest,
    DeliverOrderRequest,
    GetOrderRequest,
    OrderEventKind,
    OrderItem,
    OrderStatus,
    ShipOrderRequest,
)
from oms.orders.v1.orders_pb2_grpc import OrderServiceStub
from oms_client import Reason, Refusal, connect, events


def main() -> None:
    address = sys.argv[1] if len(sys.argv) > 1 else "localhost:8000"
    network = Lossy()
    with connect(address, network) as channel:
        orders = OrderServiceStub(channel)
        deliver(orders)
        invalid(orders)
        repeat(orders, network)


def deliver(orders: OrderServiceStub) -> None:
    """Takes an order all the way."""
    order_id = orders.CreateOrder(laptop()).order.order_id
    print("created", order_id)
    seen = until(orders, order_id, 0, ORDER_STATUS_PENDING_APPROVAL)
    orders.ApproveOrder(ApproveOrderRequest(order_id=order_id, request_id=key()))
    print("approved")
    try:
        # Under another key this is another decision, and too late.
        orders.ApproveOrder(ApproveOrderRequest(order_id=order_id, request_id=key()))
        sys.exit("an order was approved twice")
    except Refusal as refusal:
        if refusal.reason != Reason.ORDER_STATE:
            raise
        print(f"refused {refusal.reason}: it is {refusal.metadata['state']} already")
    seen = until(orders, order_id, seen, ORDER_STATUS_PROCESSING)
    parcel = ShipOrderRequest(order_id=order_id, carrier="DHL", tracking_number="JD0123456789", request_id=key())
    orders.ShipOrder(parcel)
    orders.DeliverOrder(DeliverOrderRequest(order_id=order_id, request_id=key()))
    until(orders, order_id, seen, ORDER_STATUS_DELIVERED)
    delivered = orders.GetOrder(GetOrderRequest(order_id=order_id, view=ORDER_VIEW_BASIC)).order
    print("delivered", order_id, "paid by", delivered.payment_id)


def until(orders: OrderServiceStub, order_id: str, after: int, status: OrderStatus) -> int:
    """Prints the order's events until it has the status; returns the number of the last."""
    for event in events(orders, order_id, after):
        name = OrderStatus.Name(event.status).removeprefix("ORDER_STATUS_")
        print(f"  {event.sequence} {name} {OrderEventKind.Name(event.kind).removeprefix('ORDER_EVENT_KIND_')}")
        if event.status == status:
            return event.sequence
    sys.exit(f"order {order_id} ended without {OrderStatus.Name(status)}")


def invalid(orders: OrderServiceStub) -> None:
    """Sends an order with two fields at fault and reads which."""
    request = laptop()
    request.customer_id = ""
    request.items[0].quantity = 0
    try:
        orders.CreateOrder(request)
        sys.exit("an invalid order was taken")
    except Refusal as refusal:
        if refusal.reason != Reason.INVALID_FIELDS:
            raise
        print("refused", refusal.reason)
        for violation in refusal.violations:
            print(f"  {violation.field}: {violation.description}")


def repeat(orders: OrderServiceStub, network: "Lossy") -> None:
    """Loses the reply to a creation.

    The repetition, by the connection, has the same key and finds the same order.
    """
    network.armed = True
    created, call = orders.CreateOrder.with_call(laptop())
    order_id = created.order.order_id
    if order_id != network.lost or ("idempotent-replayed", "true") not in call.initial_metadata():
        sys.exit(f"a second order was made: {network.lost} and {order_id}")
    print("lost the reply about", network.lost)
    print("replayed", order_id)
    orders.CancelOrder(CancelOrderRequest(order_id=order_id, reason="an example", request_id=key()))


def laptop() -> CreateOrderRequest:
    price = Money(currency_code="USD", units=1299, nanos=990_000_000)
    return CreateOrderRequest(
        request_id=key(),
        customer_id="CUST-PYTHON",
        items=[OrderItem(product_id="PROD-001", quantity=1, price=price)],
        total_amount=price,
        payment_method=PAYMENT_METHOD_CREDIT_CARD,
    )


def key() -> str:
    """An idempotency key: one for each thing to be done, however often it is asked for."""
    return str(uuid.uuid4())


class Lossy(grpc.UnaryUnaryClientInterceptor):
    """A network that fails at the worst moment: an order has been created, and its reply is on the way."""

    def __init__(self) -> None:
        self.armed = False
        self.lost = ""

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        call = continuation(client_call_details, request)
        if self.armed and isinstance(request, CreateOrderRequest):
            self.armed, self.lost = False, call.result().order.order_id
            raise Broken
        return call


class Broken(grpc.RpcError):
    """The connection broke."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNAVAILABLE


if __name__ == "__main__":
    main()
