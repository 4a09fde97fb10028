import { newKey } from "./ids";

/**
 * Something that a person wanted and whose answer is not known yet. The same key goes with every attempt, over a
 * reload too, so that the system does it at most once.
 */
export interface Intent {
  readonly key: string;
  /** What it is about, `approve/ord_…`: there is at most one open intent of it. */
  readonly scope: string;
  /** The request without its key, as JSON. Nothing secret. */
  readonly content: string;
  readonly since: number;
}

export type Begun =
  /** Send it, under this key: the first time, or once more. */
  | { readonly kind: "send"; readonly intent: Intent }
  /** Another request of the scope was sent before and may have been done: that has to be found out first. */
  | { readonly kind: "unanswered"; readonly intent: Intent };

type Keeper = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const NAME = "oms.intents";
/** The system forgets keys after 24 hours; long before, nobody means it any more. */
const KEPT_MS = 12 * 3_600_000;

export class Intents {
  private readonly keeper: Keeper;
  private readonly now: () => number;
  private readonly open = new Map<string, Intent>();

  constructor(keeper: Keeper, now: () => number = Date.now) {
    this.keeper = keeper;
    this.now = now;
    for (const intent of read(keeper)) {
      if (now() - intent.since < KEPT_MS) {
        this.open.set(intent.scope, intent);
      }
    }
  }

  /** Before anything is sent. */
  begin(scope: string, content: string): Begun {
    const before = this.open.get(scope);
    if (before) {
      return { kind: before.content === content ? "send" : "unanswered", intent: before };
    }
    const intent = { key: newKey(), scope, content, since: this.now() };
    this.open.set(scope, intent);
    this.save();
    return { kind: "send", intent };
  }

  /** The answer is known, or nobody wants to know it any more. */
  settle(scope: string): void {
    if (this.open.delete(scope)) {
      this.save();
    }
  }

  /** What was sent and not answered. */
  unanswered(scope: string): Intent | undefined {
    return this.open.get(scope);
  }

  private save(): void {
    try {
      if (this.open.size === 0) {
        this.keeper.removeItem(NAME);
      } else {
        this.keeper.setItem(NAME, JSON.stringify([...this.open.values()]));
      }
    } catch {
      // Storage is full or forbidden: the key then lives as long as the page.
    }
  }
}

function read(keeper: Keeper): Intent[] {
  try {
    const found: unknown = JSON.parse(keeper.getItem(NAME) ?? "[]");
    return Array.isArray(found) ? found.filter(isIntent) : [];
  } catch {
    return [];
  }
}

function isIntent(value: unknown): value is Intent {
  const intent = value as Intent | null;
  return (
    typeof intent?.key === "string" &&
    typeof intent.scope === "string" &&
    typeof intent.content === "string" &&
    typeof intent.since === "number"
  );
}
