/** `npm run check`: everything that can be said about the code without running it. Ends with 1 when one check fails. */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

const checks: Record<string, string> = {
  types: "tsc -p .",
  "types of the dashboard": "svelte-check --tsconfig web/tsconfig.json --fail-on-warnings",
  lint: "oxlint --type-aware --deny-warnings",
  format: "prettier --check .",
  layers: "depcruise --config .dependency-cruiser.cjs src schema agent web/src",
  "dead code": "knip",
  "emitted schema": "node --import ./scripts/typescript.mjs scripts/emitSchema.ts --check",
  migrations: "node --import ./scripts/typescript.mjs scripts/migration.ts --check",
  "schema rules": "node --import ./scripts/typescript.mjs scripts/checkSchema.ts",
  "generated types": "node scripts/webTypes.ts --check",
};

interface Result {
  name: string;
  code: number;
  output: string;
  seconds: number;
}

function run(name: string, command: string): Promise<Result> {
  const startedAt = Date.now();
  const child = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  return new Promise((done) =>
    child.on("close", (code) => done({ name, code: code ?? 1, output, seconds: (Date.now() - startedAt) / 1000 })),
  );
}

const wanted = process.argv.slice(2);
const queue = Object.entries(checks).filter(([name]) => wanted.length === 0 || wanted.includes(name));
let failed = 0;
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { name, code, output, seconds } = await run(...next);
      console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds.toFixed(1)} s)`);
      if (code === 0) continue;
      failed++;
      console.log(output);
    }
  }),
);
process.exit(failed > 0 ? 1 : 0);
