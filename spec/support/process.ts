import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { withParent } from "./spawn.ts";

export interface SpecProcessOptions {
  /** Modules of spec/support that are loaded first. */
  preload?: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** A folder that is a disk of its own for this process, of so many MiB; others find it by `seenBy`. */
  disk?: { folder: string; mib: number };
}
export interface SpecProcess {
  readonly child: ChildProcess;
  /** What it has written to standard output so far. */
  output(): string;
  /** The same of standard error. */
  errors(): string;
  /** When it has ended: its signal, else its exit code. */
  ended(): Promise<NodeJS.Signals | number | null>;
}

/** Runs a TypeScript program of spec/support in a process of its own; killed when the running test is finished. */
export function startProcess(
  program: string,
  args: readonly string[],
  { preload = [], env = {}, disk }: SpecProcessOptions = {},
): SpecProcess {
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const imports = [here("../../scripts/typescript.mjs"), "reflect-metadata", ...preload.map(here)].flatMap((name) => ["--import", name]);
  const command = [process.execPath, ...imports, here(program), ...args] as const;
  const [first, ...rest] = disk ? withDisk(disk, command) : command;
  const child = spawn(...withParent(first, rest), {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    process.stderr.write(text);
  });
  const exit = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  return { child, output: () => output, errors: () => errors, ended: () => exit.then(([code, signal]) => signal ?? code) };
}

const MOUNT = 'mount -t tmpfs -o "size=$1m" overt-spec "$0" && shift && exec "$@"';
/** In a mount namespace of its own, with which the disk ends. */
const withDisk = ({ folder, mib }: { folder: string; mib: number }, command: readonly string[]): [string, ...string[]] => {
  const own = process.getuid?.() === 0 ? ["--mount"] : ["--mount", "--map-root-user"];
  return ["unshare", ...own, "sh", "-c", MOUNT, folder, `${mib}`, ...command];
};

/** Where others find a folder as the process sees it. */
export const seenBy = ({ child }: SpecProcess, folder: string): string => `/proc/${child.pid}/root${folder}`;
