import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { refusalOf } from "./refusal.js";

/** For a call with all its attempts, unless its `timeoutMs` says otherwise. */
const CALL_MS = 20_000;
const ATTEMPT_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;

/**
 * A connection to the gateway at `http://host:port`. The interceptors see each attempt of a call.
 */
export function connect(baseUrl: string, ...interceptors: Interceptor[]): Transport {
  return createGrpcWebTransport({ baseUrl, defaultTimeoutMs: CALL_MS, interceptors: [retry, ...interceptors] });
}

/** Repeats a call that got no answer, or that the system asks to repeat, until its time is over. */
const retry: Interceptor = (next) => async (request) => {
  if (request.stream) {
    return next(request);
  }
  const backoff = new Backoff(request.signal);
  for (;;) {
    const attempt = new AbortController();
    const late = () => attempt.abort(new ConnectError("no answer in time", Code.DeadlineExceeded));
    const timer = setTimeout(late, ATTEMPT_MS);
    try {
      return await next({ ...request, signal: AbortSignal.any([request.signal, attempt.signal]) });
    } catch (error) {
      if (!isRepeatable(request.message) || !(await backoff.wait(error))) {
        throw error;
      }
    } finally {
      clearTimeout(timer);
    }
  }
};

/**
 * Whether a second run of the request does no harm. The contract gives every request for which it could a `requestId`;
 * with that, the system answers the repetition with its first reply.
 */
function isRepeatable(request: object): boolean {
  return !("requestId" in request) || request.requestId !== "";
}

/** Whether the cause may be gone later: no answer, or a refusal that names a time. */
function isPassing(reason: unknown): boolean {
  const error = ConnectError.from(reason);
  if (refusalOf(error)?.retryAfterMs) {
    return true;
  }
  // `fetch` tells of a connection that can't be made, or breaks, with a TypeError.
  return error.code === Code.Unavailable || error.code === Code.DeadlineExceeded || error.cause instanceof TypeError;
}

/** Growing pauses until a signal, none shorter than a refusal asks for. */
export class Backoff {
  private pauseMs = FIRST_PAUSE_MS;

  constructor(private readonly end: AbortSignal) {}

  /** After a success the pauses are short again. */
  reset(): void {
    this.pauseMs = FIRST_PAUSE_MS;
  }

  /** Waits for the next attempt; false if there is to be none. */
  async wait(error: unknown): Promise<boolean> {
    if (this.end.aborted || !isPassing(error)) {
      return false;
    }
    const ms = Math.max((this.pauseMs * (1 + Math.random())) / 2, refusalOf(error)?.retryAfterMs ?? 0);
    this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(() => {
        this.end.removeEventListener("abort", over);
        resolve(true);
      }, ms);
      this.end.addEventListener("abort", over, { once: true });
    });
  }
}
