package example.oms.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The system's answer when a call was not carried out. */
public final class Refusal extends StatusRuntimeException {
  /** Some of the reasons; each method's comment names its own. */
  public static final String INVALID_FIELDS = "INVALID_FIELDS";

  public static final String KEY_REUSED = "IDEMPOTENCY_KEY_REUSED";
  public static final String ORDER_NOT_FOUND = "ORDER_NOT_FOUND";
  public static final String ORDER_STATE = "ORDER_STATE";
  public static final String REQUEST_RUNNING = "REQUEST_RUNNING";

  private static final String DOMAIN = "oms";

  private final transient ErrorInfo info;
  private final transient BadRequest bad;
  private final Duration retryAfter;

  private Refusal(StatusRuntimeException cause, ErrorInfo info, BadRequest bad, RetryInfo retry) {
    super(cause.getStatus().withCause(cause), cause.getTrailers());
    this.info = info;
    this.bad = bad;
    var delay = retry.getRetryDelay();
    this.retryAfter = Duration.ofSeconds(delay.getSeconds(), delay.getNanos());
  }

  /** A refusal, if the error carries the system's reason; the error itself otherwise. */
  static StatusRuntimeException of(StatusRuntimeException error) {
    var status = StatusProto.fromThrowable(error);
    if (status == null) {
      return error;
    }
    var info = ErrorInfo.getDefaultInstance();
    var bad = BadRequest.getDefaultInstance();
    var retry = RetryInfo.getDefaultInstance();
    try {
      for (Any detail : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          info = detail.unpack(ErrorInfo.class);
        } else if (detail.is(BadRequest.class)) {
          bad = detail.unpack(BadRequest.class);
        } else if (detail.is(RetryInfo.class)) {
          retry = detail.unpack(RetryInfo.class);
        }
      }
    } catch (InvalidProtocolBufferException broken) {
      error.addSuppressed(broken);
      return error;
    }
    return info.getDomain().equals(DOMAIN) ? new Refusal(error, info, bad, retry) : error;
  }

  /** Why. Stable, unlike the message. */
  public String reason() {
    return info.getReason();
  }

  /** What is particular to the reason, such as the actual state. */
  public Map<String, String> metadata() {
    return info.getMetadataMap();
  }

  /** The fields at fault, with {@link #INVALID_FIELDS}. */
  public List<BadRequest.FieldViolation> violations() {
    return bad.getFieldViolationsList();
  }

  /** When a repetition can help; zero: never. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
