export const ROLES = ["manager", "warehouse", "finance", "auditor", "customer"] as const;
export type Role = (typeof ROLES)[number];
