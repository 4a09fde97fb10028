import type { Transport } from "@connectrpc/connect";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, useEffect, useMemo } from "react";
import { recoveries } from "~/api/connection";
import { REFRESH_MS } from "~/api/pages";
import { useWho } from "~/api/session";
import { LanguageProvider, type Spoken } from "~/i18n";
import { isPassing, refusalOf } from "~/lib/refusal";
import { useStore } from "~/lib/store";
import type { createConsoleRouter } from "./router";
import { Gate } from "./sign-in";

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (failures, error) => failures < 2 && isPassing(refusalOf(error)),
        retryDelay: (failures, error) => Math.max(300 * 2 ** failures, refusalOf(error).retryAfterMs ?? 0),
        // What is shown and could not be read anew: an event comes once, so nothing else may lead to reading it.
        refetchInterval: ({ state: { data, error } }) =>
          data !== undefined && error && isPassing(refusalOf(error)) ? REFRESH_MS : false,
        // Whether there is a network, the calls themselves tell.
        networkMode: "always",
      },
    },
  });
}

export function App({
  language,
  transport,
  router,
}: {
  language: Spoken;
  transport: Transport;
  router: ReturnType<typeof createConsoleRouter>;
}) {
  const who = useWho();
  // What one role has seen is not shown to another.
  // biome-ignore lint/correctness/useExhaustiveDependencies: that is what it depends on
  const queries = useMemo(createQueryClient, [who]);
  const found = useStore(recoveries);
  useEffect(() => {
    if (found > 0) {
      void queries.invalidateQueries();
    }
  }, [found, queries]);
  return (
    <StrictMode>
      <LanguageProvider first={language}>
        <TransportProvider transport={transport}>
          <QueryClientProvider client={queries}>
            <Gate>
              <RouterProvider key={who} router={router} />
            </Gate>
          </QueryClientProvider>
        </TransportProvider>
      </LanguageProvider>
    </StrictMode>
  );
}
