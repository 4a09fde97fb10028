import { createClient, type Transport } from "@connectrpc/connect";
import { useTransport } from "@connectrpc/connect-query";
import { useQueries } from "@tanstack/react-query";
import type { Finding, RuleSummary } from "~/gen/oms/common/v1/audit_pb";
import { AuditService as InventoryAudit } from "~/gen/oms/inventory/v1/audit_pb";
import { AuditService as OrdersAudit } from "~/gen/oms/orders/v1/audit_pb";
import { AuditService as PaymentsAudit } from "~/gen/oms/payments/v1/audit_pb";

/** An audit reads a whole database. */
const PATIENCE_MS = 120_000;
/** A broken rule may be broken by every row; more than so many nobody reads here. */
const KEPT = 100;

const SERVICES = [
  { service: "orders", audit: OrdersAudit },
  { service: "payments", audit: PaymentsAudit },
  { service: "inventory", audit: InventoryAudit },
] as const;

export interface AuditResult {
  readonly rules: readonly RuleSummary[];
  /** The first of them. */
  readonly findings: readonly Finding[];
}

export interface ServiceAudit {
  readonly service: "orders" | "payments" | "inventory";
  readonly result: AuditResult | undefined;
  readonly at: number;
  readonly error: unknown;
  readonly running: boolean;
}

/** The audits of all services. They run when they are asked for, and their results stay. */
export function useAudit(): { audits: readonly ServiceAudit[]; run: () => void } {
  const transport = useTransport();
  const queries = useQueries({
    queries: SERVICES.map(({ service, audit }) => ({
      queryKey: ["audit", service],
      enabled: false,
      gcTime: Number.POSITIVE_INFINITY,
      retry: false,
      structuralSharing: false,
      queryFn: ({ signal }: { signal: AbortSignal }) => runAudit(transport, audit, signal),
    })),
  });
  return {
    audits: SERVICES.map(({ service }, index) => {
      const query = queries[index];
      return {
        service,
        result: query?.data,
        at: query?.dataUpdatedAt ?? 0,
        error: query?.error ?? null,
        running: query?.isFetching ?? false,
      };
    }),
    run: () => {
      for (const query of queries) void query.refetch();
    },
  };
}

async function runAudit(
  transport: Transport,
  audit: (typeof SERVICES)[number]["audit"],
  signal: AbortSignal,
): Promise<AuditResult> {
  const rules: RuleSummary[] = [];
  const findings: Finding[] = [];
  // The three services speak of the same messages; one type of them is as good as another.
  const client = createClient(audit as typeof OrdersAudit, transport);
  for await (const { kind } of client.runAudit({}, { signal, timeoutMs: PATIENCE_MS })) {
    if (kind.case === "summary") {
      rules.push(kind.value);
    } else if (kind.case === "finding" && findings.length < KEPT) {
      findings.push(kind.value);
    }
  }
  return { rules, findings };
}
