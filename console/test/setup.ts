import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

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

// Nor has it a top layer: a menu only says that it opens and closes.
const open = new WeakSet<Element>();
function toggle(menu: HTMLElement, newState: "open" | "closed"): void {
  if (open.has(menu) === (newState === "open")) return;
  if (newState === "open") open.add(menu);
  else open.delete(menu);
  for (const name of ["beforetoggle", "toggle"]) {
    menu.dispatchEvent(Object.assign(new Event(name), { newState }));
  }
}
HTMLElement.prototype.showPopover = function () {
  toggle(this, "open");
};
HTMLElement.prototype.hidePopover = function () {
  toggle(this, "closed");
};
document.addEventListener("click", ({ target }) => {
  const button = target instanceof Element ? target.closest("[popovertarget]") : null;
  if (button) document.getElementById(button.getAttribute("popovertarget") ?? "")?.showPopover();
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  sessionStorage.clear();
  localStorage.clear();
});
