// Runs a script of ours on the Node version the project pins, from whatever Node 20.19 or newer is there:
//   node scripts/run.mjs <script> [arguments]
// Installs the packages first when they are not there or not those of the lock file. Plain JavaScript: it runs before anything is installed.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".installed");
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== lock) {
  process.stderr.write("Installing packages ...\n");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) {
    process.stderr.write("npm ci failed.\n");
    process.exit(status ?? 1);
  }
  // Never in place: a copy of this folder by hard links would be told the same.
  writeFileSync(`${stamp}.new`, lock);
  renameSync(`${stamp}.new`, stamp);
}

const [script, ...args] = process.argv.slice(2);
const bin = join(root, "node_modules", ".bin");
const child = spawn(join(bin, "node"), ["--import", join(root, "scripts", "typescript.mjs"), join(root, script), ...args], {
  cwd: root,
  stdio: "inherit",
  // glibc keeps a pool of memory per thread; two are enough.
  env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, NODE_NO_WARNINGS: "1", MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? "2" },
});
// npm and a terminal signal the whole group; a supervisor signals only this process: pass it on, and end as the child ends.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
