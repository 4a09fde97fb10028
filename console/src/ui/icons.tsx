import type { ReactNode, SVGProps } from "react";

export type IconProps = SVGProps<SVGSVGElement>;

/** Drawn on 16 by 16 with one stroke, so that they weigh as much as the text beside them. */
function icon(name: string, paths: ReactNode) {
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each icon, when the module is loaded
  const Icon = (props: IconProps) => (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      {...props}
    >
      {paths}
    </svg>
  );
  Icon.displayName = name;
  return Icon;
}

export const OrdersIcon = icon("Orders", <path d="M2.5 4h11M2.5 8h11M2.5 12h7" />);
export const PaymentsIcon = icon(
  "Payments",
  <>
    <rect x="1.75" y="3.25" width="12.5" height="9.5" rx="1.5" />
    <path d="M1.75 6.5h12.5M4.5 10h2.5" />
  </>,
);
export const InventoryIcon = icon(
  "Inventory",
  <>
    <path d="M8 1.75 13.75 5v6L8 14.25 2.25 11V5z" />
    <path d="M2.25 5 8 8.25 13.75 5M8 8.25v6" />
  </>,
);
export const OverviewIcon = icon("Overview", <path d="M2.25 13.25h11.5M4 10.75v-3M8 10.75V3M12 10.75v-5" />);
export const PlusIcon = icon("Plus", <path d="M8 3v10M3 8h10" />);
export const SearchIcon = icon(
  "Search",
  <>
    <circle cx="7" cy="7" r="4.25" />
    <path d="m10.25 10.25 3.25 3.25" />
  </>,
);
export const CheckIcon = icon("Check", <path d="m3 8.5 3.25 3.25L13 5" />);
export const CrossIcon = icon("Cross", <path d="m4 4 8 8M12 4l-8 8" />);
export const ChevronDownIcon = icon("ChevronDown", <path d="m4 6 4 4 4-4" />);
export const ChevronLeftIcon = icon("ChevronLeft", <path d="m10 3.5-4.5 4.5 4.5 4.5" />);
export const ChevronRightIcon = icon("ChevronRight", <path d="m6 3.5 4.5 4.5L6 12.5" />);
export const ArrowUpIcon = icon("ArrowUp", <path d="M8 13V3.5M4 7l4-4 4 4" />);
export const ArrowDownIcon = icon("ArrowDown", <path d="M8 3v9.5M4 9l4 4 4-4" />);
export const OutIcon = icon("Out", <path d="M6 3.5H3.5v9h9V10M9 3.5h3.5V7M12.5 3.5 7.5 8.5" />);
export const CopyIcon = icon(
  "Copy",
  <>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.25" />
    <path d="M10.5 3.5v-.25a.75.75 0 0 0-.75-.75H3.25a.75.75 0 0 0-.75.75v6.5c0 .41.34.75.75.75h.25" />
  </>,
);
export const WarnIcon = icon(
  "Warn",
  <>
    <path d="M8 2.25 14.25 13H1.75z" />
    <path d="M8 6.5v3M8 11.1v.1" />
  </>,
);
export const ClockIcon = icon(
  "Clock",
  <>
    <circle cx="8" cy="8" r="5.75" />
    <path d="M8 4.75V8l2.25 1.5" />
  </>,
);
export const SunIcon = icon(
  "Sun",
  <>
    <circle cx="8" cy="8" r="2.75" />
    <path d="M8 1.5v1.25M8 13.25v1.25M1.5 8h1.25M13.25 8h1.25M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9" />
  </>,
);
export const MoonIcon = icon("Moon", <path d="M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6z" />);
export const HalfIcon = icon(
  "Half",
  <>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" stroke="none" />
  </>,
);
export const KeysIcon = icon(
  "Keys",
  <>
    <rect x="1.5" y="4" width="13" height="8" rx="1.5" />
    <path d="M4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6" />
  </>,
);
export const TruckIcon = icon(
  "Truck",
  <>
    <path d="M1.5 3.75h8v7h-8zM9.5 6.5h3l2 2.25v2h-5z" />
    <circle cx="4.25" cy="11.75" r="1.25" fill="var(--surface)" />
    <circle cx="11.5" cy="11.75" r="1.25" fill="var(--surface)" />
  </>,
);
export const UndoIcon = icon("Undo", <path d="M5.5 3 2.5 6l3 3M2.75 6h6.5a3.75 3.75 0 0 1 0 7.5H6.5" />);
export const PersonIcon = icon(
  "Person",
  <>
    <circle cx="8" cy="5.5" r="2.75" />
    <path d="M2.75 13.5c.6-2.4 2.7-3.75 5.25-3.75s4.65 1.35 5.25 3.75" />
  </>,
);
export const TrashIcon = icon("Trash", <path d="M2.75 4.25h10.5M6 4V2.5h4V4M4 4.25l.6 9.25h6.8l.6-9.25" />);
export const MoreIcon = icon("More", <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2" />);

/** Turns while something is under way. */
export function Spinner(props: IconProps) {
  return (
    <svg width="14" height="14" viewBox="0 0 16 16" fill="none" aria-hidden="true" {...props}>
      <circle cx="8" cy="8" r="6" stroke="currentColor" strokeWidth="2" opacity="0.25" />
      <path
        d="M14 8a6 6 0 0 0-6-6"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        className="origin-center animate-[turn_0.8s_linear_infinite]"
      />
    </svg>
  );
}
