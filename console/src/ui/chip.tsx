import { cx } from "./classes";

/** What a state means for the people who look at it. Each has a colour, and a mark that needs none. */
export type Tone = "still" | "waiting" | "moving" | "todo" | "away" | "good" | "bad";

/** How the mark of a state is drawn: a ring that fills with how far things are, or how they ended. */
export type Mark =
  | { readonly kind: "dots" }
  | { readonly kind: "part"; readonly of: number }
  | { readonly kind: "check" }
  | { readonly kind: "cross" }
  | { readonly kind: "slash" }
  | { readonly kind: "undo" };

export interface StatusLook {
  readonly tone: Tone;
  readonly mark: Mark;
  readonly label: string;
}

export const TONE_TEXT: Record<Tone, string> = {
  still: "text-still",
  waiting: "text-waiting",
  moving: "text-moving",
  todo: "text-todo",
  away: "text-away",
  good: "text-good",
  bad: "text-bad",
};

const TONE_TINT: Record<Tone, string> = {
  still: "bg-still-tint",
  waiting: "bg-waiting-tint",
  moving: "bg-moving-tint",
  todo: "bg-todo-tint",
  away: "bg-away-tint",
  good: "bg-good-tint",
  bad: "bg-bad-tint",
};

export function StatusMark({ mark, className }: { mark: Mark; className?: string | undefined }) {
  return (
    <svg
      width="14"
      height="14"
      viewBox="0 0 14 14"
      fill="none"
      aria-hidden="true"
      className={cx("shrink-0", className)}
    >
      <Drawing mark={mark} />
    </svg>
  );
}

function Drawing({ mark }: { mark: Mark }) {
  const ring = { cx: 7, cy: 7, r: 5.75, stroke: "currentColor", strokeWidth: 1.5 };
  const line = {
    stroke: "var(--surface)",
    strokeWidth: 1.6,
    strokeLinecap: "round",
    strokeLinejoin: "round",
  } as const;
  switch (mark.kind) {
    case "dots":
      return <circle {...ring} strokeDasharray="1.6 2.01" />;
    case "part":
      // A disc that is drawn as one thick stroke of a smaller circle, as far round as things have come.
      return (
        <>
          <circle {...ring} />
          <circle
            cx="7"
            cy="7"
            r="1.75"
            stroke="currentColor"
            strokeWidth="3.5"
            pathLength="100"
            strokeDasharray={`${mark.of * 100} 100`}
            transform="rotate(-90 7 7)"
          />
        </>
      );
    case "check":
      return (
        <>
          <circle cx="7" cy="7" r="6.5" fill="currentColor" />
          <path d="m4.2 7.2 2 2 3.6-4" {...line} />
        </>
      );
    case "cross":
      return (
        <>
          <circle cx="7" cy="7" r="6.5" fill="currentColor" />
          <path d="m5 5 4 4M9 5 5 9" {...line} />
        </>
      );
    case "slash":
      return (
        <>
          <circle {...ring} />
          <path d="m4.6 9.4 4.8-4.8" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
        </>
      );
    case "undo":
      return (
        <g className="origin-center animate-[turn_3s_linear_infinite_reverse]">
          <circle {...ring} strokeDasharray="4 2.02" />
        </g>
      );
  }
}

/** A state. In a table it is only coloured text; on its own it has a ground. */
export function StatusChip({ look, plain }: { look: StatusLook; plain?: boolean }) {
  return (
    <span
      className={cx(
        "inline-flex max-w-full items-center gap-1.5 align-middle font-medium",
        TONE_TEXT[look.tone],
        !plain && cx("rounded-full py-0.5 pr-2.5 pl-1.5 text-xs", TONE_TINT[look.tone]),
      )}
    >
      <StatusMark mark={look.mark} />
      <span className="truncate">{look.label}</span>
    </span>
  );
}
