import { useMemo } from "react";
import { createStore, useStore } from "~/lib/store";
import { ROLES, type Role } from "./roles";

/** What `GET /console/session` says. */
export interface Session {
  readonly mode: "local" | "oidc";
  readonly signedIn: boolean;
  readonly name: string;
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly expiresAt: number | undefined;
  /** Addresses with a place for an id; empty: there is no such page. */
  readonly links: { readonly workflow: string; readonly trace: string };
}

/** Who somebody plays where nobody is asked who they are. */
export interface LocalRole {
  readonly role: Role;
  readonly customer: string;
}

export type SessionState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "ready"; readonly session: Session };

const LOCAL_ROLE = "oms.local-role";
/** Says that a call is the page's own, and not one that another site made the browser send: else the cookie is not looked at. */
const OWN = { "x-oms-console": "1" };

export const sessionState = createStore<SessionState>({ kind: "loading" });
export const localRole = createStore<LocalRole>(storedRole());
/** Set when the system no longer knows who this is, in the middle of the work. */
export const signedOut = createStore(false);

function storedRole(): LocalRole {
  try {
    const stored = JSON.parse(localStorage.getItem(LOCAL_ROLE) ?? "{}") as Partial<LocalRole>;
    const role = ROLES.find((known) => known === stored.role) ?? "manager";
    return { role, customer: typeof stored.customer === "string" ? stored.customer : "CUST123" };
  } catch {
    return { role: "manager", customer: "CUST123" };
  }
}

export function playRole(next: LocalRole): void {
  localStorage.setItem(LOCAL_ROLE, JSON.stringify(next));
  localRole.set(next);
}

export async function loadSession(): Promise<void> {
  try {
    const response = await fetch("/console/session", { headers: { accept: "application/json", ...OWN } });
    if (!response.ok) {
      throw new Error(`/console/session: ${response.status} ${response.statusText}`);
    }
    const session = parse(await response.json());
    sessionState.set({ kind: "ready", session });
    if (session.signedIn || session.mode === "local") {
      signedOut.set(false);
    }
  } catch (error) {
    // A session that was known stays: what is on the page is still the person's.
    if (sessionState.get().kind !== "ready") {
      sessionState.set({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  }
}

function parse(body: unknown): Session {
  const raw = body as Record<string, unknown>;
  const links = (raw.links ?? {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  const roles = Array.isArray(raw.roles) ? raw.roles : [];
  const expires = Date.parse(text(raw.expires_at));
  return {
    mode: raw.mode === "local" ? "local" : "oidc",
    signedIn: raw.signed_in === true,
    name: text(raw.name),
    subject: text(raw.subject),
    roles: ROLES.filter((role) => roles.includes(role)),
    expiresAt: Number.isNaN(expires) ? undefined : expires,
    links: { workflow: text(links.workflow), trace: text(links.trace) },
  };
}

/** The roles that count: those of the session, or the one that is played. */
export function useRoles(): readonly Role[] {
  const state = useStore(sessionState);
  const local = useStore(localRole);
  return useMemo(() => rolesOf(state, local), [state, local]);
}

/** The same, outside of components. */
export function currentRoles(): readonly Role[] {
  return rolesOf(sessionState.get(), localRole.get());
}

const NOBODY: readonly Role[] = [];

function rolesOf(state: SessionState, local: LocalRole): readonly Role[] {
  if (state.kind !== "ready") {
    return NOBODY;
  }
  return state.session.mode === "local" ? [local.role] : state.session.roles;
}

/** Tells apart what different people may see. */
export function useWho(): string {
  const state = useStore(sessionState);
  const { role, customer } = useStore(localRole);
  if (state.kind === "ready" && state.session.mode === "oidc") {
    return state.session.subject;
  }
  return `${role}/${customer}`;
}

/** Headers that every call carries. */
export function callHeaders(): Record<string, string> {
  const state = sessionState.get();
  if (state.kind === "ready" && state.session.mode === "oidc") {
    return OWN;
  }
  const { role, customer } = localRole.get();
  return role === "customer"
    ? { "oms-local-role": role, "oms-local-subject": customer }
    : { "oms-local-role": role };
}

export function signInAddress(to: string): string {
  return `/console/sign-in?to=${encodeURIComponent(to)}`;
}

/** Where the person is, to come back to. */
export function here(): string {
  return location.pathname + location.search;
}

export async function signOut(): Promise<void> {
  const response = await fetch("/console/sign-out", { method: "POST", headers: callHeaders() });
  const { end_session_url: atProvider } = (await response.json()) as { end_session_url?: unknown };
  // Otherwise the provider would let the next person in as this one.
  location.assign(typeof atProvider === "string" && atProvider !== "" ? atProvider : "/console/");
}
