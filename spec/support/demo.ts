import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { until } from "../../lab/graphql.ts";

interface DemoReady {
  ready: true;
  url: string;
  user: string;
  password: string;
}
/** `npm run demo` in a process of its own. */
export interface Demo {
  process: ChildProcess;
  ready: DemoReady;
  stdout(): string;
  stderr(): string;
  /** Exit code. */
  ended: Promise<number | null>;
  /** Process id of a program it runs, by a word of its command line; null while there is none. */
  pidOf(word: string): Promise<number | null>;
  /** As Ctrl-C; resolves when all is taken down. */
  stop(): Promise<void>;
}

const SCRIPT = ["--import", "./scripts/typescript.mjs", "lab/demo/main.ts"];

/** Resolves with the ready line; rejects with all it said when it ends before. `before` are words in front of the command. */
export async function startDemo(options: readonly string[], before: readonly string[] = []): Promise<Demo> {
  const [program = "", ...args] = [...before, process.execPath, ...SCRIPT, ...options];
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("OVERT_"));
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...Object.fromEntries(inherited), NODE_OPTIONS: "" } });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]) => code as number | null);
  const line = await until("the demo's ready line", 240_000, async () => {
    if (child.exitCode !== null) throw new Error(`The demo has ended: ${stdout}${stderr}`);
    return stdout.split("\n").find((text, index, all) => text.startsWith('{"ready":true') && index < all.length - 1);
  });
  const stop = async () => {
    child.kill("SIGINT");
    await ended;
  };
  return {
    process: child,
    ready: JSON.parse(line) as DemoReady,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    pidOf: (word) => descendant(child.pid!, word),
    stop,
  };
}

async function descendant(pid: number, word: string): Promise<number | null> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "")).split(" ").filter(Boolean).map(Number);
  for (const child of children) {
    // A program that only starts another one names it too.
    const deeper = await descendant(child, word);
    if (deeper !== null) return deeper;
    const commandLine = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
    if (commandLine.includes(word)) return child;
  }
  return null;
}
