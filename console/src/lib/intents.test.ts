import { describe, expect, it } from "vitest";
import { Intents } from "./intents";

describe("intents", () => {
  it("give every attempt of one intent the same key", () => {
    const intents = new Intents(sessionStorage);
    const first = intents.begin("approve/ord_1", "{}");
    const again = intents.begin("approve/ord_1", "{}");
    expect(first.kind).toBe("send");
    expect(again).toEqual(first);
    expect(intents.begin("approve/ord_2", "{}").intent.key).not.toBe(first.intent.key);
  });

  it("keep the key over a reload until the answer is known", () => {
    const before = new Intents(sessionStorage).begin("create", '{"a":1}').intent;
    const after = new Intents(sessionStorage);
    expect(after.unanswered("create")).toEqual(before);
    expect(after.begin("create", '{"a":1}')).toEqual({ kind: "send", intent: before });
    after.settle("create");
    const later = new Intents(sessionStorage);
    expect(later.unanswered("create")).toBeUndefined();
    expect(later.begin("create", '{"a":1}').intent.key).not.toBe(before.key);
  });

  it("do not let another request go while the first may have been done", () => {
    const intents = new Intents(sessionStorage);
    const first = intents.begin("create", '{"a":1}').intent;
    expect(intents.begin("create", '{"a":2}')).toEqual({ kind: "unanswered", intent: first });
  });

  it("are forgotten before the system forgets their keys", () => {
    let now = 0;
    new Intents(sessionStorage, () => now).begin("create", "{}");
    now = 12 * 3_600_000;
    expect(new Intents(sessionStorage, () => now).unanswered("create")).toBeUndefined();
  });

  it("live without a storage that works, or with what others left there", () => {
    const broken = {
      getItem: () => "[{}, 1, null",
      setItem: () => {
        throw new Error("full");
      },
      removeItem: () => {},
    };
    const intents = new Intents(broken);
    const { key } = intents.begin("create", "{}").intent;
    expect(intents.begin("create", "{}").intent.key).toBe(key);
  });
});
