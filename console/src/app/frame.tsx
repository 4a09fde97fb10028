import { Outlet, useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { useWords } from "~/i18n";
import { Toasts } from "~/ui/toast";
import { ConnectionBar } from "./connection-bar";
import { BottomNavigation, SideNavigation } from "./navigation";
import { SessionOver } from "./sign-in";

/** What is around every view. */
export function Frame() {
  const { frame } = useWords();
  const path = useRouterState({ select: (state) => state.location.pathname });

  // Whoever hears the page is taken to the new view; whoever sees it keeps the keyboard where it was.
  useEffect(() => {
    const content = document.getElementById("content");
    // A view that begins with a field has taken them there already.
    if (path !== undefined && !content?.contains(document.activeElement)) {
      content?.focus({ preventScroll: true });
    }
  }, [path]);

  return (
    <div className="flex h-dvh">
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent px-3 py-2 font-medium text-accent-ink focus:translate-y-0"
      >
        {frame.skip}
      </a>
      <SideNavigation />
      <div className="flex min-w-0 flex-1 flex-col">
        <ConnectionBar />
        <main id="content" tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none">
          <Outlet />
        </main>
        <BottomNavigation />
      </div>
      <Toasts />
      <SessionOver />
    </div>
  );
}

/** The head of a view: its name, what it says of itself, and what can be done. */
export function ViewHead({
  title,
  name,
  before,
  aside,
  children,
}: {
  title: ReactNode;
  /** For the browser's tab, where the title is more than words. */
  name?: string;
  before?: ReactNode;
  aside?: ReactNode;
  children?: ReactNode;
}) {
  const { frame } = useWords();
  const tab = name ?? (typeof title === "string" ? title : undefined);
  useEffect(() => {
    document.title = tab ? `${tab} · ${frame.product}` : frame.product;
  }, [tab, frame.product]);
  return (
    <header className="shrink-0 border-b border-line bg-paper px-4 pt-3 pb-3 sm:px-5">
      {before}
      <div className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-2">
        <h1 className="mr-auto min-w-0 text-lg font-semibold tracking-[-0.01em]">{title}</h1>
        {aside}
      </div>
      {children && <div className="mt-2.5">{children}</div>}
    </header>
  );
}
