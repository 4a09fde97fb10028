import { cpus, loadavg } from "node:os";
import { expect } from "vitest";

/** Says how long something took. The limit is judged where the machine has room: elsewhere others' work is measured. */
export function measured(what: string, ms: number, limit: number): void {
  const [load = 0] = loadavg();
  const hasRoom = load < cpus().length;
  console.info(`MEASURED ${what}: ${Math.round(ms)} ms of ${limit} ms, at a load of ${load.toFixed(1)}`);
  if (hasRoom) expect(ms).toBeLessThan(limit);
}
