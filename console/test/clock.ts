import { act } from "@testing-library/react";
import { vi } from "vitest";

/** Stops the clock that pages look at and ask again by. What waits for an answer goes on as ever. */
export function stopClock(at: number): void {
  vi.useFakeTimers({ now: at, toFake: ["Date", "setInterval", "clearInterval"] });
}

export async function pass(ms: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(ms));
}

/** So much later that lists have asked again for what they show. */
export const nextRound = () => pass(5_000);
