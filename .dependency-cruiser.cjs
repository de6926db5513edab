/** Imports run one way: resolvers -> domain -> db; hostlink implements what domain asks for; agent and src share only the contract. */
const only = (name, from, notTo, comment) => ({ name, severity: "error", comment, from: { path: from }, to: { path: notTo } });

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    only(
      "domain-stays-inside",
      "^src/domain",
      "^src/(resolvers|hostlink|main|startEngine|config)",
      "The product knows no HTTP and no socket.",
    ),
    only("db-knows-entities-only", "^src/db", "^src/(resolvers|hostlink|main|startEngine|config)", "The database knows rows, not verbs."),
    only("resolvers-not-hostlink", "^src/resolvers", "^src/(hostlink|main|startEngine|config)", "Resolvers reach hosts through verbs."),
    only(
      "hostlink-stays-outside",
      "^src/hostlink",
      "^src/(resolvers|db|main|startEngine|config)",
      "The host link implements the domain's ports, nothing else.",
    ),
    {
      name: "hostlink-sees-ports-only",
      severity: "error",
      from: { path: "^src/hostlink" },
      to: { path: "^src/domain", pathNot: "^src/domain/host/ports" },
    },
    { name: "contract-stands-alone", severity: "error", from: { path: "^schema" }, to: { path: "^(src|agent|web|lab|spec)" } },
    { name: "agent-shares-contract-only", severity: "error", from: { path: "^agent" }, to: { path: "^(src|web|lab|spec)" } },
    { name: "engine-not-agent", severity: "error", from: { path: "^src" }, to: { path: "^(agent|web|lab|spec)" } },
    { name: "web-stands-alone", severity: "error", from: { path: "^web" }, to: { path: "^(src|agent|lab|spec)" } },
    {
      name: "placement-is-pure",
      severity: "error",
      from: { path: "^src/domain/placement/(?!choose)" },
      to: { path: "^(node:|src/db)", dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(node_modules|dist)/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
