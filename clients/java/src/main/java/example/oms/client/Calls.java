package example.oms.client;

import com.google.protobuf.Message;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractBlockingStub;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/**
 * Calls with a deadline, repeated when there was no answer or the system asks for it. Errors of the system are thrown
 * as {@link Refusal}.
 *
 * @param stub the blocking stub of a service
 */
public record Calls<S extends AbstractBlockingStub<S>>(S stub) {
  /** For a call with all its attempts. */
  private static final Duration CALL = Duration.ofSeconds(20);

  private static final Duration ATTEMPT = Duration.ofSeconds(5);

  /** Calls a method: {@code orders.call(OrderServiceBlockingStub::createOrder, request)}. */
  public <Q extends Message, R> R call(BiFunction<S, Q, R> method, Q request) {
    var backoff = new Backoff(CALL);
    while (true) {
      var attempt = Math.min(ATTEMPT.toNanos(), backoff.left().toNanos());
      try {
        return method.apply(stub.withDeadlineAfter(attempt, TimeUnit.NANOSECONDS), request);
      } catch (StatusRuntimeException error) {
        var refused = Refusal.of(error);
        if (!isRepeatable(request)) {
          throw refused;
        }
        backoff.waitAfter(refused);
      }
    }
  }

  /**
   * Whether a second run of the request does no harm. The contract gives every request for which it could a
   * {@code request_id}; with that, the system answers the repetition with its first reply.
   */
  private static boolean isRepeatable(Message request) {
    var key = request.getDescriptorForType().findFieldByName("request_id");
    return key == null || !request.getField(key).equals("");
  }
}
