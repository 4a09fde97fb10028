import { createStore } from "~/lib/store";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "oms.theme";

export const theme = createStore<Theme>(stored());

function stored(): Theme {
  const name = localStorage.getItem(STORED);
  return THEMES.find((known) => known === name) ?? "system";
}

/** The choice is read again, before the first paint, by the small script in `vite.config.ts`. */
export function setTheme(next: Theme): void {
  theme.set(next);
  if (next === "system") {
    localStorage.removeItem(STORED);
  } else {
    localStorage.setItem(STORED, next);
  }
  showTheme();
}

export function showTheme(): void {
  const chosen = theme.get();
  if (chosen === "system") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = chosen;
  }
}
