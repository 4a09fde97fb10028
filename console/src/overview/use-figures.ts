import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { keepPreviousData } from "@tanstack/react-query";
import { REFRESH_MS } from "~/api/pages";

export interface Figures<T> {
  /** The last that were told, however long ago. */
  readonly data: T | undefined;
  /** When they were told. */
  readonly at: number;
  /** Why there are no newer ones. */
  readonly error: ConnectError | null;
  readonly retry: () => void;
}

/** Figures of a service, asked for again every few seconds while somebody looks. */
export function useFigures<I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  input: MessageInitShape<I>,
  enabled = true,
): Figures<MessageShape<O>> {
  const query = useQuery(method, input, {
    enabled,
    refetchInterval: REFRESH_MS,
    placeholderData: keepPreviousData,
  });
  return {
    data: query.data,
    at: query.dataUpdatedAt,
    // It is said as soon as one attempt failed, not when all have.
    error: query.error ?? query.failureReason,
    retry: () => void query.refetch(),
  };
}
