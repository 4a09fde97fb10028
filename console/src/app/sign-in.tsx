import type { ReactNode } from "react";
import { here, loadSession, sessionState, signedOut, signInAddress, signOut } from "~/api/session";
import { useWords } from "~/i18n";
import { useStore } from "~/lib/store";
import { Button, buttonClass } from "~/ui/button";
import { Dialog, DialogActions } from "~/ui/dialog";
import { Empty, Loading } from "~/ui/states";
import { Settings } from "./settings";

/** Lets nobody see the views before it is known who they are. */
export function Gate({ children }: { children: ReactNode }) {
  const state = useStore(sessionState);
  const over = useStore(signedOut);
  const { frame, ui } = useWords();
  if (state.kind === "loading") {
    return <Loading className="mx-auto max-w-2xl pt-24" />;
  }
  if (state.kind === "failed") {
    return (
      <Lone title={frame.startFailed}>
        <p className="font-mono text-xs text-ink-2">{state.message}</p>
        <Button className="mt-4" onClick={() => void loadSession()}>
          {ui.retry}
        </Button>
      </Lone>
    );
  }
  const { mode, signedIn, roles } = state.session;
  // Whoever was at work when the session ended keeps what is on the page.
  if (mode === "oidc" && !signedIn && !over) {
    return (
      <Lone title={frame.signInTitle}>
        <p className="text-ink-2">{frame.signInHelp}</p>
        <a href={signInAddress(here())} className={`${buttonClass("primary", "md")} mt-5`}>
          {frame.signIn}
        </a>
      </Lone>
    );
  }
  if (mode === "oidc" && signedIn && roles.length === 0) {
    return (
      <Lone title={frame.noRoles}>
        <p className="text-ink-2">{frame.noRolesHelp}</p>
        <Button className="mt-5" onClick={() => void signOut()}>
          {frame.signOut}
        </Button>
      </Lone>
    );
  }
  return children;
}

function Lone({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col">
      <div className="flex justify-end p-3">
        <Settings />
      </div>
      <div className="grid flex-1 place-items-center pb-24">
        <Empty alone title={title}>
          {children}
        </Empty>
      </div>
    </main>
  );
}

/** The session ended in the middle of the work. */
export function SessionOver() {
  const over = useStore(signedOut);
  const { frame } = useWords();
  if (!over) {
    return null;
  }
  return (
    <Dialog title={frame.sessionOver} onClose={() => signedOut.set(false)}>
      <p className="text-ink-2">{frame.sessionOverHelp}</p>
      <DialogActions>
        <Button kind="quiet" onClick={() => signedOut.set(false)}>
          {frame.later}
        </Button>
        <a href={signInAddress(here())} className={buttonClass("primary", "md")}>
          {frame.signIn}
        </a>
      </DialogActions>
    </Dialog>
  );
}
