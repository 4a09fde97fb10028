import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { measured } from "./stage/limits";
import { openBrowser, Person } from "./stage/person";
import { orders } from "./stage/system";

/** So many orders are a long list. Fewer, and nothing is measured: docs/CONSOLE.md says how to fill a system. */
const LONG = 100_000n;
const SECONDS = 8;
/** A wheel that is turned, and one that is turned as fast as a finger can. */
const SPEEDS = [1_200, 3_600];
/** Two frames: one that comes late is seen, if at all, as a blink. */
const LATE_MS = 34;
const MOST_MS = 1_500;
/** As many rows as the longest way passes, and nothing else. */
const PLAIN = Array.from(
  { length: 2_000 },
  (_, n) =>
    `<div style="height:36px;border-bottom:1px solid #ddd">${`<span>cell ${n}</span> `.repeat(7)}</div>`,
).join("");

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser?.close());

test("a list of 100,000 orders scrolls as evenly as a plain page", async ({ skip }) => {
  const { counts } = await orders.getOrderStatistics({});
  const stored = counts.reduce((sum, { orders }) => sum + orders, 0n);
  skip(stored < LONG, `${stored} orders are no long list`);

  const person = await Person.arrive(browser);
  const { page } = person;
  await page.setContent(PLAIN);
  const plain = new Map<number, number>();
  for (const speed of SPEEDS) plain.set(speed, (await scroll(page, speed)).dropped);

  const began = performance.now();
  await person.goto("/orders");
  await page.getByRole("gridcell").first().waitFor();
  await person.live();
  measured(`first rows of ${stored} orders, live`, performance.now() - began, MOST_MS);

  for (const speed of SPEEDS) {
    const frames = await scroll(page, speed);
    console.info(
      `MEASURED ${speed} px/s: ${frames.dropped} of ${frames.all} frames dropped, of a plain page ${plain.get(speed)}`,
    );
    measured(`99 of 100 frames at ${speed} px/s`, frames.p99, LATE_MS);
    // Only what is near is on the page, however far one goes.
    expect(await page.getByRole("row").count()).toBeLessThan(100);
  }
  expect(person.complaints).toEqual([]);
  await person.leave();
});

interface TraceEvent {
  readonly name: string;
}

/** Turns the wheel for some seconds, and counts what the browser drew meanwhile. */
async function scroll(page: Page, speed: number) {
  const session = await page.context().newCDPSession(page);
  let [all, dropped] = [0, 0];
  session.on("Tracing.dataCollected", ({ value }) => {
    for (const { name } of value as unknown as TraceEvent[]) {
      if (name === "BeginFrame") all += 1;
      if (name === "DroppedFrame") dropped += 1;
    }
  });
  const includedCategories = ["disabled-by-default-devtools.timeline.frame"];
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories } });
  const gaps = page.evaluate(
    (ms) =>
      new Promise<number[]>((resolve) => {
        const found: number[] = [];
        const began = performance.now();
        let last = began;
        const frame = (now: number) => {
          found.push(now - last);
          last = now;
          if (now - began < ms) requestAnimationFrame(frame);
          else resolve(found.slice(1));
        };
        requestAnimationFrame(frame);
      }),
    SECONDS * 1_000,
  );
  await session.send("Input.synthesizeScrollGesture", {
    x: 700,
    y: 600,
    yDistance: -speed * SECONDS,
    speed,
    gestureSourceType: "mouse",
    preventFling: true,
  });
  const sorted = (await gaps).sort((a, b) => a - b);
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  return { all, dropped, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 };
}
