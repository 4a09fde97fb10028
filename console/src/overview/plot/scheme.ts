import { useSyncExternalStore } from "react";
import { theme } from "~/app/theme";

const DARK = "(prefers-color-scheme: dark)";

function subscribe(changed: () => void): () => void {
  const query = matchMedia(DARK);
  const unsubscribe = theme.subscribe(changed);
  query.addEventListener("change", changed);
  return () => {
    unsubscribe();
    query.removeEventListener("change", changed);
  };
}

function scheme(): "light" | "dark" {
  const chosen = theme.get();
  return chosen === "system" ? (matchMedia(DARK).matches ? "dark" : "light") : chosen;
}

/** Whether the page is light or dark at this moment, for what is painted rather than styled. */
export function useScheme(): "light" | "dark" {
  return useSyncExternalStore(subscribe, scheme);
}

/** What a colour of the theme is on this element, as a canvas takes it. */
export function colorAt(element: Element, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
