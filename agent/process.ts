import { spawn } from "node:child_process";
import { HostError } from "./errors.ts";

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}
const MOST_OUTPUT = 1024 * 1024;

/**
 * Runs a program to its end, or to the deadline in ms: then TIMEOUT, and the child is killed and left alone. On a hung mount
 * no signal ends it, so nothing here ever waits for it. Everything that touches storage goes through here.
 */
export function run(command: string, args: readonly string[], deadlineMs: number, signal?: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C" } });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        if (output[name].length < MOST_OUTPUT) output[name] += text;
      });
    }
    const abandon = (error: HostError) => {
      settle();
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      reject(error);
    };
    const cancel = () => abandon(new HostError("CANCELLED", `${command} was cancelled`));
    const timer = setTimeout(() => abandon(new HostError("TIMEOUT", `${command} did not end within ${deadlineMs} ms`)), deadlineMs);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
    };
    child.once("error", (error) => (settle(), reject(new HostError("UNSUPPORTED", `${command}: ${error.message}`))));
    child.once("close", (code) => (settle(), resolve({ code: code ?? -1, ...output })));
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
  });
}

/** Runs a fixed shell script; what varies goes in as positional arguments only. */
export const shell = (script: string, args: readonly string[], deadlineMs: number) =>
  run("/bin/sh", ["-c", script, "sh", ...args], deadlineMs);
