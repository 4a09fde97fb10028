import {
  create,
  type DescMessage,
  fromJson,
  fromJsonString,
  type MessageInitShape,
  type MessageShape,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { useCallback } from "react";
import { type Intent, Intents } from "~/lib/intents";
import { isPassing, isUnanswered, type Refusal, refusalOf } from "~/lib/refusal";
import { createStore, useStore } from "~/lib/store";

/** How long one press of a button goes on trying before it says that it does not know. */
const PATIENCE_MS = 15_000;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 3_000;

/** Refused before anybody looked whether the key was used: an attempt before may have been done all the same. */
const AT_THE_DOOR = new Set([Code.Unauthenticated, Code.PermissionDenied, Code.ResourceExhausted]);

export const intents = new Intents(sessionStorage);

/** An action did not come to a good end. */
export class Refused extends Error {
  constructor(
    readonly refusal: Refusal,
    /** Whether it may have been done all the same. The key is kept, so that asking again does no harm. */
    readonly unanswered: boolean,
  ) {
    super(refusal.message);
  }
}

/** Another request of the same scope was sent before and has no answer yet. */
export class Unanswered extends Error {
  constructor(readonly intent: Intent) {
    super("an earlier request has no answer yet");
  }
}

/** Why an action that failed was refused; `undefined`: it may have been done all the same, there is no answer. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (error instanceof Refused) {
    return error.unanswered ? undefined : error.refusal;
  }
  return error instanceof Unanswered ? undefined : refusalOf(error);
}

type Keyed<D extends DescMessage> = MessageShape<D> & { requestId: string };

export interface Action<D extends DescMessage, R> {
  /** What it is about: `approve/ord_…`. */
  readonly scope: string;
  readonly schema: D;
  readonly request: MessageInitShape<D>;
  readonly send: (request: MessageShape<D>) => Promise<R>;
  /** Takes out of a copy what must not be kept in the browser; it has to be typed again after a reload. */
  readonly conceal?: (request: MessageShape<D>) => void;
}

const running = new Map<string, Promise<unknown>>();
/** Changes with every action that begins or ends. */
const revision = createStore(0);

/**
 * Sends a request under a key of its intent. While it runs, another call of the same scope is the same action: it is
 * not sent twice. It is repeated, under its key, while nobody answers.
 */
export function perform<D extends DescMessage, R>(action: Action<D, R>): Promise<R> {
  const before = running.get(action.scope);
  if (before) {
    return before as Promise<R>;
  }
  const result = attempt(action).finally(() => {
    running.delete(action.scope);
    tell();
  });
  running.set(action.scope, result);
  tell();
  return result;
}

async function attempt<D extends DescMessage, R>({
  scope,
  schema,
  request,
  send,
  conceal,
}: Action<D, R>): Promise<R> {
  const message = create(schema, request) as Keyed<D>;
  const kept = fromJson(schema, JSON.parse(toJsonString(schema, message)));
  conceal?.(kept);
  let silent = intents.unanswered(scope) !== undefined;
  const begun = intents.begin(scope, toJsonString(schema, kept));
  if (begun.kind === "unanswered") {
    throw new Unanswered(begun.intent);
  }
  message.requestId = begun.intent.key;
  const until = Date.now() + PATIENCE_MS;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    try {
      const reply = await send(message);
      intents.settle(scope);
      return reply;
    } catch (error) {
      const refusal = refusalOf(error);
      silent ||= isUnanswered(refusal);
      const wait = Math.max(pause, refusal.retryAfterMs ?? 0);
      if (!isPassing(refusal) || Date.now() + wait > until) {
        const unanswered = isUnanswered(refusal) || (silent && AT_THE_DOOR.has(refusal.code));
        if (!unanswered) {
          intents.settle(scope);
        }
        throw new Refused(refusal, unanswered);
      }
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/** The request of an intent that was not answered, to be sent again as it was. */
export function requestOf<D extends DescMessage>(schema: D, intent: Intent): MessageShape<D> {
  return fromJsonString(schema, intent.content);
}

function tell(): void {
  revision.set(revision.get() + 1);
}

export interface ActionState {
  readonly running: boolean;
  /** Sent before, perhaps before a reload, without an answer. */
  readonly unanswered: Intent | undefined;
  /** Nobody wants to know any more what came of it. */
  readonly forget: () => void;
}

/** Follows the actions of a scope, wherever on the page they were begun. */
export function useActionState(scope: string): ActionState {
  useStore(revision);
  const forget = useCallback(() => {
    intents.settle(scope);
    tell();
  }, [scope]);
  const isRunning = running.has(scope);
  return { running: isRunning, unanswered: isRunning ? undefined : intents.unanswered(scope), forget };
}
