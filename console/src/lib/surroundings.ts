/** What a watch sees of its surroundings. */
export interface Surroundings {
  isHidden(): boolean;
  isOffline(): boolean;
  /** Calls back when either may have changed. */
  subscribe(changed: () => void): () => void;
  random(): number;
}

export const BROWSER: Surroundings = {
  isHidden: () => document.visibilityState === "hidden",
  isOffline: () => !navigator.onLine,
  subscribe(changed) {
    document.addEventListener("visibilitychange", changed);
    window.addEventListener("online", changed);
    window.addEventListener("offline", changed);
    return () => {
      document.removeEventListener("visibilitychange", changed);
      window.removeEventListener("online", changed);
      window.removeEventListener("offline", changed);
    };
  },
  random: Math.random,
};
