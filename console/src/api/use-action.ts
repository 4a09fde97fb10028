import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { useCallback, useRef, useState } from "react";
import type { Refusal } from "~/lib/refusal";
import { type ActionState, intents, perform, refusalIn, requestOf, useActionState } from "./action";

export interface UseAction<D extends DescMessage> extends ActionState {
  readonly run: (request: MessageInitShape<D>) => void;
  /** Sends what has no answer once more, as it was. */
  readonly again: () => void;
  /** What the system said last, if it refused. */
  readonly refusal: Refusal | undefined;
  readonly clear: () => void;
}

/** One action of a view, with everything that its button or dialog has to say. */
export function useAction<D extends DescMessage, R>(options: {
  scope: string;
  schema: D;
  send: (request: MessageShape<D>) => Promise<R>;
  onDone: (reply: R) => void;
}): UseAction<D> {
  const { scope, schema } = options;
  const state = useActionState(scope);
  const [refusal, setRefusal] = useState<Refusal>();
  const current = useRef(options);
  current.current = options;

  const run = useCallback(
    (request: MessageInitShape<D>) => {
      setRefusal(undefined);
      perform({ scope, schema, request, send: (message) => current.current.send(message) }).then(
        (reply) => current.current.onDone(reply),
        (error: unknown) => {
          // Without an answer there is an intent, which is shown instead.
          setRefusal(refusalIn(error));
        },
      );
    },
    [scope, schema],
  );
  const again = useCallback(() => {
    const intent = intents.unanswered(scope);
    if (intent) {
      // A message is a way to write its own shape.
      run(requestOf(schema, intent) as MessageInitShape<D>);
    }
  }, [scope, schema, run]);
  const clear = useCallback(() => setRefusal(undefined), []);
  return { ...state, run, again, refusal, clear };
}
