/**
 * Builds `dist/overt-agent`, one file that needs nothing else on its host: by `deno compile` where the matching `denort` is
 * to be had (DENORT_BIN), otherwise as runtime and bundle behind a small launcher (needs a C compiler). Whichever it is, it
 * is run once before it counts as built.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { AGENT_VERSION } from "../agent/version.ts";
import { ensurePackages } from "../lab/install.ts";

const ROOT = join(import.meta.dirname, "..");
const OUTPUT = join(ROOT, "dist", "overt-agent");
const PAGE = 4096;

const compiler = await ensurePackages(["compiler"], console.log);
const deno = realpathSync(join(ROOT, "node_modules", "deno", "deno"));
const work = mkdtempSync(join(tmpdir(), "overt-agent-build-"));
try {
  mkdirSync(join(ROOT, "dist"), { recursive: true });
  const bundle = await bundled();
  const built = join(work, "overt-agent");
  const kind = compiled(bundle, built) ? "compiled with deno compile" : packed(bundle, built);
  prove(built);
  chmodSync(built, 0o755);
  writeFileSync(`${OUTPUT}.part`, readFileSync(built), { mode: 0o755 });
  renameSync(`${OUTPUT}.part`, OUTPUT);
  console.log(`dist/overt-agent ${AGENT_VERSION}: ${kind}, ${Math.round(readFileSync(OUTPUT).length / 1e6)} MB`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The agent and all it imports as one module. Not by `deno bundle`, which wants to download a program of its own. */
async function bundled(): Promise<string> {
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    ssr: { noExternal: true },
    build: {
      ssr: "agent/main.ts",
      target: "es2023",
      outDir: work,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: "agent.js", codeSplitting: false } },
    },
  });
  return join(work, "agent.js");
}

/** With any other binary than denort `deno compile` seems to succeed and yields a program that does not run. */
function compiled(bundle: string, output: string): boolean {
  const denort = process.env.DENORT_BIN;
  if (!denort || !existsSync(denort)) return false;
  try {
    execFileSync(deno, ["compile", "--quiet", "-A", "--no-config", "--output", output, bundle], { env: process.env });
    prove(output);
    return true;
  } catch {
    console.error(`DENORT_BIN=${denort} made no agent that runs`);
    rmSync(output, { force: true });
    return false;
  }
}

function packed(bundle: string, output: string): string {
  const launcher = join(work, "launcher");
  if (!compiler.ok) throw new Error(`A C compiler is needed: ${compiler.reason}.`);
  execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-s", "-o", launcher, join(ROOT, "agent", "launcher", "launcher.c")], {
    stdio: "inherit",
  });
  const [program, runtime, script] = [launcher, deno, bundle].map((path) => readFileSync(path)) as [Buffer, Buffer, Buffer];
  const padding = Buffer.alloc((PAGE - (program.length % PAGE)) % PAGE);
  const start = program.length + padding.length;
  const trailer = Buffer.alloc(8 + 4 * 8 + 64);
  trailer.write("OVERTAG1");
  [start, runtime.length, start + runtime.length, script.length].forEach((value, index) =>
    trailer.writeBigUInt64LE(BigInt(value), 8 + 8 * index),
  );
  trailer.write(createHash("sha256").update(runtime).update(script).digest("hex"), 40);
  writeFileSync(output, Buffer.concat([program, padding, runtime, script, trailer]), { mode: 0o755 });
  return "self-extracting, runtime and bundle";
}

/** Runs it as a host without any of this would. */
function prove(program: string): void {
  chmodSync(program, 0o755);
  const env = { PATH: "/usr/bin:/bin", HOME: work, OVERT_AGENT_CACHE: join(work, "cache") };
  const version = execFileSync(program, ["--version"], { cwd: "/", env, encoding: "utf8" }).trim();
  if (version !== AGENT_VERSION) throw new Error(`it says version ${version}, not ${AGENT_VERSION}`);
}
