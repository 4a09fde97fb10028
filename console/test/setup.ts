import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// A machine that does other things too is no reason to fail.
configure({ asyncUtilTimeout: 10_000 });

// Without a layout nothing would be in sight.
for (const [name, size] of [
  ["offsetWidth", 1_280],
  ["offsetHeight", 800],
  ["clientWidth", 1_280],
  ["clientHeight", 800],
] as const) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size });
}

// Nor has it a top layer.
HTMLElement.prototype.showPopover ??= () => {};
HTMLElement.prototype.hidePopover ??= () => {};

afterEach(() => {
  cleanup();
  sessionStorage.clear();
  localStorage.clear();
});
