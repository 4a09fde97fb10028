package example.oms.client;

import example.oms.orders.v1.CreateOrderResponse;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/** A network that fails at the worst moment: an order has been created, and its reply is on the way. */
final class Lossy implements ClientInterceptor {
  volatile boolean armed;
  volatile String lost;

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        super.start(new Losing<>(listener), headers);
      }
    };
  }

  private final class Losing<R> extends SimpleForwardingClientCallListener<R> {
    private boolean broken;

    Losing(ClientCall.Listener<R> listener) {
      super(listener);
    }

    @Override
    public void onMessage(R message) {
      if (armed && message instanceof CreateOrderResponse created) {
        armed = false;
        broken = true;
        lost = created.getOrder().getOrderId();
      } else {
        super.onMessage(message);
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      super.onClose(broken ? Status.UNAVAILABLE.withDescription("the connection broke") : status, trailers);
    }
  }
}
