import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApproveOrderRequestSchema } from "~/gen/oms/orders/v1/orders_pb";
import { intents, perform, Refused, requestOf, Unanswered } from "./action";

const scope = "approve/ord_1";

function approve(send: (key: string) => Promise<string>, reason = "") {
  return perform({
    scope,
    schema: ApproveOrderRequestSchema,
    request: { orderId: "ord_1", reason },
    send: (request) => send(request.requestId),
  });
}

describe("an action", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    intents.settle(scope);
    vi.useRealTimers();
  });

  it("is not sent twice while it runs", async () => {
    const send = vi.fn(async () => "done");
    const [first, second] = await Promise.all([approve(send), approve(send)]);
    expect([first, second]).toEqual(["done", "done"]);
    expect(send).toHaveBeenCalledTimes(1);
  });

  it("goes on under its key while nobody answers", async () => {
    const keys: string[] = [];
    const send = vi.fn(async (key: string) => {
      keys.push(key);
      if (keys.length < 3) throw new ConnectError("away", Code.Unavailable);
      return "done";
    });
    const result = approve(send);
    await vi.runAllTimersAsync();
    expect(await result).toBe("done");
    expect(new Set(keys).size).toBe(1);
    expect(intents.unanswered(scope)).toBeUndefined();
  });

  it("keeps its key when it gives up without an answer, and refuses another request until then", async () => {
    const keys: string[] = [];
    const away = async (key: string): Promise<string> => {
      keys.push(key);
      throw new ConnectError("away", Code.Unavailable);
    };
    const failed = approve(away, "fine").catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await failed).toMatchObject({ unanswered: true });
    await expect(approve(away, "other")).rejects.toBeInstanceOf(Unanswered);

    const intent = intents.unanswered(scope);
    expect(intent && requestOf(ApproveOrderRequestSchema, intent).reason).toBe("fine");
    const again = approve(async (key) => key, "fine");
    expect(await again).toBe(keys[0]);
  });

  it("takes another key after a definite refusal", async () => {
    const keys: string[] = [];
    const refuse = async (key: string): Promise<string> => {
      keys.push(key);
      throw new ConnectError("order ord_1 is APPROVED", Code.FailedPrecondition);
    };
    await expect(approve(refuse)).rejects.toBeInstanceOf(Refused);
    await expect(approve(refuse)).rejects.toBeInstanceOf(Refused);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("is not known to be undone when the door is shut after silence", async () => {
    let calls = 0;
    const failed = approve(async () => {
      calls += 1;
      throw new ConnectError("", calls === 1 ? Code.Unavailable : Code.Unauthenticated);
    }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await failed).toMatchObject({ unanswered: true });
  });
});
