import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { cx } from "./classes";

/** The body of a detail page: what it is about, and beside it, where there is room, what is known of it. */
export function TwoColumns({ children, aside }: { children: ReactNode; aside: ReactNode }) {
  return (
    <div
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
      tabIndex={0}
      className="relative min-h-0 flex-1 overflow-y-auto outline-offset-[-2px]"
    >
      <div className="grid gap-x-8 gap-y-7 px-4 py-5 sm:px-5 lg:grid-cols-[minmax(0,1fr)_21rem]">
        <div className="min-w-0 space-y-7">{children}</div>
        <div className="min-w-0 space-y-7 max-lg:border-t max-lg:border-line max-lg:pt-6">{aside}</div>
      </div>
    </div>
  );
}

/** A small table that is there as a whole. It scrolls by itself where it is wider than the page. */
export function Plain({ label, children }: { label: string; children: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null);
  const overflows = useOverflow(ref);
  return (
    <div
      ref={ref}
      // What scrolls must be reachable with the keyboard; what does not is no place to stop at.
      tabIndex={overflows ? 0 : undefined}
      className="relative overflow-x-auto rounded-md border border-line bg-surface"
    >
      <table aria-label={label} className="w-full border-collapse text-left">
        {children}
      </table>
    </div>
  );
}

/** Whether there is more to the side than is seen. */
function useOverflow(ref: RefObject<HTMLElement | null>): boolean {
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) {
      return;
    }
    const look = () => setOverflows(element.scrollWidth > element.clientWidth);
    const observer = new ResizeObserver(look);
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, [ref]);
  return overflows;
}

export interface CellProps {
  children?: ReactNode;
  end?: boolean;
  className?: string;
  colSpan?: number;
}

export function Head({ children, end, className }: CellProps) {
  return (
    <th
      scope="col"
      className={cx(
        "border-b border-line px-2 py-1.5 text-xs sm:px-3 font-normal whitespace-nowrap text-ink-3",
        end && "text-right",
        className,
      )}
    >
      {children}
    </th>
  );
}

export function Cell({ children, end, className, colSpan }: CellProps) {
  return (
    <td colSpan={colSpan} className={cx("px-2 py-1.5 align-top sm:px-3", end && "text-right", className)}>
      {children}
    </td>
  );
}
