package example.oms.client;

import example.oms.orders.v1.OrderEvent;
import example.oms.orders.v1.OrderServiceGrpc.OrderServiceBlockingStub;
import example.oms.orders.v1.WatchOrderRequest;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Watches that resume. */
public final class Events {
  private Events() {}

  /**
   * Passes on what happens to an order, from the event after this sequence number (0: the first), until {@code more}
   * answers false or nothing can follow. A watch that breaks is resumed after the last event seen, so none is missed or
   * repeated.
   */
  public static void follow(
      OrderServiceBlockingStub orders, String orderId, long after, Duration time, Predicate<OrderEvent> more) {
    var backoff = new Backoff(time);
    var seen = after;
    while (true) {
      var request = WatchOrderRequest.newBuilder().setOrderId(orderId).setAfterSequence(seen).build();
      // Leaving ends the stream, which nobody reads any more.
      try (var scope = Context.current().withCancellation()) {
        var before = scope.attach();
        try {
          var watch = orders.withDeadlineAfter(backoff.left().toNanos(), TimeUnit.NANOSECONDS).watchOrder(request);
          while (watch.hasNext()) {
            var event = watch.next().getEvent();
            seen = event.getSequence();
            backoff.reset();
            if (!more.test(event)) {
              return;
            }
          }
          return;
        } finally {
          scope.detach(before);
        }
      } catch (StatusRuntimeException error) {
        backoff.waitAfter(Refusal.of(error));
      }
    }
  }
}
