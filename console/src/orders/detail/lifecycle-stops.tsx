import type { StatusLook } from "~/ui/chip";
import type { FulfilmentStep, Station, Undo, Way } from "../model/lifecycle";

export interface DrawingProps {
  readonly way: Way;
  /** The step for which the order left the line. */
  readonly failed: FulfilmentStep | undefined;
  readonly undos: readonly Undo[];
  /** How the order's present state looks. */
  readonly look: StatusLook;
  readonly width: number;
}

/** How large a station is. */
export const R = 6;

/** A station of the line. */
export function Stop({ station, tone }: { station: Station; tone: string }) {
  switch (station.state) {
    case "passed":
      return <circle r={station.at === undefined ? 4 : R} className="fill-accent" />;
    case "here":
      return (
        <g className={tone}>
          <circle
            r={R + 5}
            fill="currentColor"
            opacity="0.18"
            className="animate-[breathe_2.4s_ease-in-out_infinite]"
          />
          <circle r={R + 1} fill="var(--paper)" stroke="currentColor" strokeWidth="3" />
          <circle r="2.5" fill="currentColor" />
        </g>
      );
    default:
      return (
        <circle
          r={R - 1}
          fill="var(--paper)"
          strokeWidth="2"
          className={station.state === "never" ? "stroke-line" : "stroke-line-strong"}
        />
      );
  }
}

/** Where a step failed. */
export function FailedStop() {
  return (
    <g className="text-bad">
      <circle r={R + 1} fill="currentColor" stroke="var(--paper)" strokeWidth="2" />
      <path
        d="m-2.2-2.2 4.4 4.4m0-4.4-4.4 4.4"
        stroke="var(--paper)"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
    </g>
  );
}

/** A step that is taken back: an arrow once it is. */
export function UndoStop({ state }: { state: Undo["state"] }) {
  return (
    <g className={TONES[state]}>
      <circle r={R + 1} fill="var(--paper)" stroke="currentColor" strokeWidth="1.5" />
      {state === "undone" ? (
        <path
          d="M-3-.6h3.6a1.9 1.9 0 0 1 0 3.8h-1.4M-3-.6l2.1-2.1M-3-.6l2.1 2.1"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.3"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      ) : (
        <circle r="2" fill="currentColor" />
      )}
    </g>
  );
}

const TONES: Record<Undo["state"], string> = {
  undone: "text-ink-2",
  undoing: "text-waiting",
  delayed: "text-bad",
  waiting: "text-ink-3",
};
