package example.oms.client;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Growing pauses between attempts until a deadline, none shorter than a refusal asks for. */
final class Backoff {
  private static final long FIRST_MS = 100;
  private static final long LONGEST_MS = 3_000;

  private final long end;
  private long pauseMs = FIRST_MS;

  Backoff(Duration time) {
    end = System.nanoTime() + time.toNanos();
  }

  /** Time until the deadline. */
  Duration left() {
    return Duration.ofNanos(Math.max(0, end - System.nanoTime()));
  }

  /** After a success the pauses are short again. */
  void reset() {
    pauseMs = FIRST_MS;
  }

  /** Waits before the next attempt; throws the error if there is to be none. */
  void waitAfter(StatusRuntimeException error) {
    if (!isPassing(error)) {
      throw error;
    }
    var ms = ThreadLocalRandom.current().nextLong(pauseMs / 2, pauseMs);
    pauseMs = Math.min(2 * pauseMs, LONGEST_MS);
    if (error instanceof Refusal refusal) {
      ms = Math.max(ms, refusal.retryAfter().toMillis());
    }
    if (left().toMillis() < ms) {
      throw error;
    }
    try {
      Thread.sleep(ms);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw error;
    }
  }

  /** Whether the cause may be gone later: no answer, or a refusal that names a time. */
  private static boolean isPassing(StatusRuntimeException error) {
    if (error instanceof Refusal refusal && !refusal.retryAfter().isZero()) {
      return true;
    }
    var code = error.getStatus().getCode();
    return code == Code.UNAVAILABLE || code == Code.DEADLINE_EXCEEDED;
  }
}
