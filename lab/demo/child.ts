import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { closeSync, openSync, readFileSync } from "node:fs";

export const PROJECT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** A program that belongs to this one. */
export interface Child {
  name: string;
  process: ChildProcess;
  /** Resolves with how it ended, in words, and the end of its log. */
  ended: Promise<string>;
  /** Sends SIGTERM, and SIGKILL to what is still there after 10 s. Resolves when it is gone. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}
export interface ChildOptions {
  name: string;
  /** Takes what it writes to its standard error, and its standard output when `start` passes it on. */
  log: string;
  /** Spawns it with the log's file descriptor. */
  start: (log: number) => ChildProcess;
  /** For a process that is only a proxy. */
  kill?: (process: ChildProcess, signal: NodeJS.Signals) => Promise<void>;
}
const GRACE_MS = 10_000;
const LAST_WORDS = 1_500;

export function startChild({ name, log, start, kill = async (child, signal) => void child.kill(signal) }: ChildOptions): Child {
  const file = openSync(log, "a");
  const child = start(file);
  closeSync(file);
  const ended = new Promise<string>((resolve) => {
    const tell = (how: string) => resolve(`${how}; its log ends with:\n${readFileSync(log, "utf8").slice(-LAST_WORDS)}`);
    child.once("error", (error) => tell(error.message));
    child.once("exit", (code, signal) => tell(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const running = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  const stop = async () => {
    if (!running()) return;
    const exit = once(child, "exit");
    await kill(child, "SIGTERM");
    const hard = setTimeout(() => void kill(child, "SIGKILL"), GRACE_MS);
    await exit;
    clearTimeout(hard);
  };
  return { name, process: child, ended, stop, kill: (signal) => kill(child, signal) };
}

/**
 * Spawns one of our own programs with this Node, in a session of its own, so that Ctrl-C reaches only us and we end
 * things in order. On Linux it is asked to end also when we are killed.
 */
export function spawnNode(args: readonly string[], env: NodeJS.ProcessEnv, log: number): ChildProcess {
  const [program = "", ...rest] = [...(process.platform === "linux" ? ["setpriv", "--pdeathsig", "TERM"] : []), process.execPath, ...args];
  return spawn(program, rest, { cwd: PROJECT, detached: true, env, stdio: ["ignore", "pipe", log] });
}

/** The JSON line with `"ready":true` that our programs print when they are; rejects when the child ends before. */
export function readyLine<T>({ name, process, ended }: Child): Promise<T> {
  return new Promise((resolve, reject) => {
    void ended.then((how) => reject(new Error(`The ${name} has ended before it was ready: ${how}`)));
    if (!process.stdout) return;
    // Later lines are read too, else a full pipe would stop the program.
    createInterface({ input: process.stdout }).on("line", (text) => {
      if (text.startsWith('{"ready":true')) resolve(JSON.parse(text) as T);
    });
  });
}
