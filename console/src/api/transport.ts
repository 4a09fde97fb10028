import { Code, type Interceptor } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { isOutage, refusalOf } from "~/lib/refusal";
import { answered, askToSignIn, unanswered } from "./connection";
import { callHeaders } from "./session";

const CALL_MS = 12_000;

const headers: Interceptor = (next) => (request) => {
  for (const [name, value] of Object.entries(callHeaders())) {
    request.header.set(name, value);
  }
  return next(request);
};

/** Tells the frame what each call says of the connection and of the session. Streams speak for themselves. */
const observe: Interceptor = (next) => async (request) => {
  try {
    const response = await next(request);
    answered();
    return response;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.code === Code.Unauthenticated) {
      askToSignIn();
    }
    if (!request.stream && !request.signal.aborted) {
      if (isOutage(refusal)) {
        unanswered();
      } else {
        answered();
      }
    }
    throw error;
  }
};

/** The system, on the page's own origin. */
export const transport = createGrpcWebTransport({
  baseUrl: location.origin,
  defaultTimeoutMs: CALL_MS,
  interceptors: [observe, headers],
});
