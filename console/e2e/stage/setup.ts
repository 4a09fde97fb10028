import { mkdirSync } from "node:fs";
import { afterEach } from "vitest";
import { present } from "./person";
import { PICTURES } from "./settings";

/** Where a step fails, what everybody saw is kept. */
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  mkdirSync(PICTURES, { recursive: true });
  for (const [index, { page, complaints }] of [...present].entries()) {
    const path = `${PICTURES}/failed-${index}.png`;
    // A page that does not even answer must not hide what failed.
    const kept = await page.screenshot({ path, timeout: 5_000 }).then(
      () => path,
      () => "no picture",
    );
    console.error(`${page.url()}: ${kept}`, complaints);
  }
});
