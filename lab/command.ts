import { spawn } from "node:child_process";

export interface CommandResult {
  /** Exit code; 128 + signal number is not computed: a signalled command has code -1. */
  code: number;
  stdout: string;
  stderr: string;
}
export interface CommandOptions {
  input?: string | Buffer;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** ms after which the command is killed; none when absent. */
  timeoutMs?: number;
}

/** Runs a command without a shell and collects what it says. Rejects only when it cannot be started. */
export function run(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [program, ...args] = command;
  if (!program) return Promise.reject(new Error("No command given."));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: options.env, timeout: options.timeoutMs, killSignal: "SIGKILL" });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
    child.stdin.on("error", () => undefined); // a command that does not read its input is no failure
    child.stdin.end(options.input);
  });
}

/** Like `run`, but rejects when the command fails, with its last words. Answers its standard output. */
export async function must(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(command, options);
  if (code !== 0) throw new Error(`${command.join(" ")} failed (${code}): ${(stderr || stdout).trim().slice(-2_000)}`);
  return stdout;
}
