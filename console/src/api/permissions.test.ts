import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { RULES } from "./permissions";
import { ROLES } from "./roles";

/** The arms of the table, `M::A | M::B => own_and(&[Manager])`, by method. */
function table(): Map<string, Set<string>> {
  const source = readFileSync("../crates/access/src/rules.rs", "utf8");
  const rules = new Map<string, Set<string>>();
  const body = source
    .slice(source.indexOf("match method {"), source.indexOf("#[cfg(test)]"))
    .replace(/\/\/.*/g, "");
  const arm = /((?:M::\w+\s*\|?\s*)+)=>\s*\{?\s*(only|own_and)\(&\[([\w,\s]+)\]\)/g;
  for (const [, methods = "", own, roles = ""] of body.matchAll(arm)) {
    const set = new Set(roles.toLowerCase().match(/\w+/g));
    if (own === "own_and") set.add("customer");
    for (const [, method = ""] of methods.matchAll(/M::(\w+)/g)) rules.set(method, set);
  }
  return rules;
}

describe("permissions", () => {
  const rules = table();

  it("finds the table", () => {
    expect(rules.size).toBeGreaterThan(50);
  });

  it.each(Object.entries(RULES))("%s is for whom the system lets in", (method, roles) => {
    const allowed = rules.get(method);
    expect(ROLES.filter((role) => allowed?.has(role)).sort()).toEqual([...roles].sort());
  });
});
