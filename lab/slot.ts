import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { run } from "./command.ts";

/** Where the labs of this machine keep what they must tell each other: a lock and a folder per slot. */
export const RUN_DIRECTORY = "/run/overt-lab";
const LAST_SLOT = 250;
const CONFLICT = 75;

/** One of the labs that may exist at once. The number tells its names and its subnet, 10.98.<number>.0/24. */
export interface Slot {
  number: number;
  directory: string;
  /** Takes down all that carries the slot's name, then gives the slot back. */
  release(): Promise<void>;
}

export const slotDirectory = (number: number) => join(RUN_DIRECTORY, String(number));
export const slotName = (number: number) => `overt-lab-${number}`;
export const slotInterface = (number: number) => `ol${number}`;
export const slotAddress = (number: number, host: number) => `10.98.${number}.${host}`;
/** The machine itself, where the engine runs, on every lab's management network. */
export const ENGINE_HOST = 254;

/**
 * Claims the first free slot, `preferred` before all others. A slot is held by a keeper process that outlives its owner:
 * it takes the lab down also when the owner is killed, and should it be killed itself, the next claim does.
 */
export async function claimSlot(preferred?: number): Promise<Slot> {
  await mkdir(RUN_DIRECTORY, { recursive: true });
  const numbers = Array.from({ length: LAST_SLOT }, (_, index) => index + 1);
  for (const number of preferred === undefined ? numbers : [preferred, ...numbers]) {
    const keeper = await startKeeper(number);
    if (keeper === null) continue;
    const slot = { number, directory: slotDirectory(number), release: () => release(keeper) };
    if (await subnetFree(number)) return slot;
    await slot.release();
  }
  throw new Error(`All ${LAST_SLOT} slots for labs are taken.`);
}

/** Null when somebody else holds the slot. */
async function startKeeper(number: number): Promise<ChildProcess | null> {
  const lock = join(RUN_DIRECTORY, `${number}.lock`);
  const script = join(import.meta.dirname, "keeper.sh");
  const command = ["--nonblock", "--conflict-exit-code", String(CONFLICT), lock, script, String(number)];
  const keeper = spawn("flock", command, { detached: true, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: keeper.stdout });
  const ended = once(keeper, "exit").then(([code]) => code as number | null);
  const first = await Promise.race([once(lines, "line").then(() => "claimed" as const), ended]);
  lines.close();
  if (first === CONFLICT) return null;
  if (first !== "claimed") throw new Error(`The keeper of lab slot ${number} ended with code ${first}.`);
  keeper.unref();
  for (const pipe of [keeper.stdin, keeper.stdout]) (pipe as unknown as { unref(): void }).unref();
  return keeper;
}

async function release(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  keeper.ref();
  const ended = once(keeper, "exit");
  keeper.stdin?.end();
  await ended;
}

async function subnetFree(number: number): Promise<boolean> {
  const { stdout } = await run(["ip", "route", "show", "root", `${slotAddress(number, 0)}/24`]);
  return stdout.trim() === "";
}
