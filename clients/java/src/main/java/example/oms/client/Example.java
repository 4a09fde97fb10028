package example.oms.client;

import com.google.type.Money;
import example.oms.orders.v1.ApproveOrderRequest;
import example.oms.orders.v1.CancelOrderRequest;
import example.oms.orders.v1.CreateOrderRequest;
import example.oms.orders.v1.DeliverOrderRequest;
import example.oms.orders.v1.GetOrderRequest;
import example.oms.orders.v1.OrderItem;
import example.oms.orders.v1.OrderServiceGrpc;
import example.oms.orders.v1.OrderServiceGrpc.OrderServiceBlockingStub;
import example.oms.orders.v1.OrderStatus;
import example.oms.orders.v1.OrderView;
import example.oms.orders.v1.PaymentMethod;
import example.oms.orders.v1.ShipOrderRequest;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Takes an order from its creation to its delivery, is refused, and loses a reply. */
public final class Example {
  private static final Duration WATCH = Duration.ofSeconds(60);
  private static final Metadata.Key<String> REPLAYED =
      Metadata.Key.of("idempotent-replayed", Metadata.ASCII_STRING_MARSHALLER);

  private final Lossy network;
  private final Calls<OrderServiceBlockingStub> orders;

  private Example(Lossy network, OrderServiceBlockingStub stub) {
    this.network = network;
    this.orders = new Calls<>(stub);
  }

  /** Takes the address, {@code localhost:8000} if there is none. */
  public static void main(String[] arguments) throws InterruptedException {
    var address = arguments.length > 0 ? arguments[0] : "localhost:8000";
    var network = new Lossy();
    var channel =
        Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
            .disableRetry() // Calls is the one place that repeats.
            .intercept(network)
            .build();
    try {
      var example = new Example(network, OrderServiceGrpc.newBlockingStub(channel));
      example.deliver();
      example.invalid();
      example.repeat();
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  /** Takes an order all the way. */
  private void deliver() {
    var id = orders.call(OrderServiceBlockingStub::createOrder, laptop().build()).getOrder().getOrderId();
    System.out.println("created " + id);
    var seen = until(id, 0, OrderStatus.ORDER_STATUS_PENDING_APPROVAL);
    orders.call(OrderServiceBlockingStub::approveOrder, approval(id));
    System.out.println("approved");
    // Under another key this is another decision, and too late.
    var refusal =
        refused(Refusal.ORDER_STATE, () -> orders.call(OrderServiceBlockingStub::approveOrder, approval(id)));
    System.out.printf("refused %s: it is %s already%n", refusal.reason(), refusal.metadata().get("state"));
    seen = until(id, seen, OrderStatus.ORDER_STATUS_PROCESSING);
    var parcel =
        ShipOrderRequest.newBuilder()
            .setOrderId(id)
            .setCarrier("DHL")
            .setTrackingNumber("JD0123456789")
            .setRequestId(key());
    orders.call(OrderServiceBlockingStub::shipOrder, parcel.build());
    var delivery = DeliverOrderRequest.newBuilder().setOrderId(id).setRequestId(key());
    orders.call(OrderServiceBlockingStub::deliverOrder, delivery.build());
    until(id, seen, OrderStatus.ORDER_STATUS_DELIVERED);
    var look = GetOrderRequest.newBuilder().setOrderId(id).setView(OrderView.ORDER_VIEW_BASIC);
    var order = orders.call(OrderServiceBlockingStub::getOrder, look.build()).getOrder();
    System.out.println("delivered " + id + " paid by " + order.getPaymentId());
  }

  /** Prints the order's events until it has the status; returns the number of the last. */
  private long until(String id, long after, OrderStatus status) {
    var seen = new Object() {
      long sequence = after;
      boolean reached;
    };
    Events.follow(orders.stub(), id, after, WATCH, event -> {
      seen.sequence = event.getSequence();
      seen.reached = event.getStatus() == status;
      var kind = event.getKind().name().replaceFirst("^ORDER_EVENT_KIND_", "");
      System.out.printf("  %d %s %s%n", seen.sequence, name(event.getStatus()), kind);
      return !seen.reached;
    });
    if (!seen.reached) {
      throw new IllegalStateException("order " + id + " ended without " + name(status));
    }
    return seen.sequence;
  }

  /** Sends an order with two fields at fault and reads which. */
  private void invalid() {
    var request = laptop().setCustomerId("");
    request.getItemsBuilder(0).setQuantity(0);
    var refusal =
        refused(Refusal.INVALID_FIELDS, () -> orders.call(OrderServiceBlockingStub::createOrder, request.build()));
    System.out.println("refused " + refusal.reason());
    for (var violation : refusal.violations()) {
      System.out.printf("  %s: %s%n", violation.getField(), violation.getDescription());
    }
  }

  /** Loses the reply to a creation. The repetition has the same key and finds the same order. */
  private void repeat() {
    network.armed = true;
    var headers = new AtomicReference<Metadata>();
    var capture = MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>());
    var captured = new Calls<>(orders.stub().withInterceptors(capture));
    var id = captured.call(OrderServiceBlockingStub::createOrder, laptop().build()).getOrder().getOrderId();
    if (!id.equals(network.lost) || !"true".equals(headers.get().get(REPLAYED))) {
      throw new IllegalStateException("a second order was made: " + network.lost + " and " + id);
    }
    System.out.println("lost the reply about " + network.lost);
    System.out.println("replayed " + id);
    var cancel = CancelOrderRequest.newBuilder().setOrderId(id).setReason("an example").setRequestId(key());
    orders.call(OrderServiceBlockingStub::cancelOrder, cancel.build());
  }

  /** The refusal of a call, which must be for this reason. */
  private static Refusal refused(String reason, Runnable call) {
    try {
      call.run();
    } catch (Refusal refusal) {
      if (refusal.reason().equals(reason)) {
        return refusal;
      }
      throw refusal;
    }
    throw new IllegalStateException("the call was not refused with " + reason);
  }

  private static CreateOrderRequest.Builder laptop() {
    var price = Money.newBuilder().setCurrencyCode("USD").setUnits(1299).setNanos(990_000_000).build();
    return CreateOrderRequest.newBuilder()
        .setRequestId(key())
        .setCustomerId("CUST-JAVA")
        .addItems(OrderItem.newBuilder().setProductId("PROD-001").setQuantity(1).setPrice(price))
        .setTotalAmount(price)
        .setPaymentMethod(PaymentMethod.PAYMENT_METHOD_CREDIT_CARD);
  }

  private static ApproveOrderRequest approval(String id) {
    return ApproveOrderRequest.newBuilder().setOrderId(id).setRequestId(key()).build();
  }

  /** An idempotency key: one for each thing to be done, however often it is asked for. */
  private static String key() {
    return UUID.randomUUID().toString();
  }

  private static String name(OrderStatus status) {
    return status.name().replaceFirst("^ORDER_STATUS_", "");
  }
}
