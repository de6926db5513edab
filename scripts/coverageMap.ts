import { NOUNS } from "../src/domain/noun/all.ts";

/** Where what oVirt has is found under another name, from the declarations of the nouns; the reasons are for people. */
export function coverageMap(): string {
  const map: Record<"types" | "members" | "operations" | "reasons", Record<string, string>> = {
    types: {},
    members: {},
    operations: {},
    reasons: {},
  };
  const deviations = NOUNS.flatMap(({ ovirt = {} }) => Object.entries(ovirt)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, { as, why }] of deviations) {
    const kind = !name.includes(".") ? "types" : /Service\./.test(name) ? "operations" : "members";
    if (as !== undefined) map[kind][name] = as;
    if (why !== undefined) map.reasons[name] = why;
  }
  return JSON.stringify(map);
}
