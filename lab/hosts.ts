import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./command.ts";
import { hostName, labHost, type LabHost } from "./host.ts";
import { makeLan } from "./network.ts";
import { claimSlot, ENGINE_HOST, RUN_DIRECTORY, slotAddress, slotDirectory } from "./slot.ts";

/** Real hosts on one machine. */
interface Lab {
  slot: number;
  name: string;
  hosts: LabHost[];
  /** IP address under which the hosts reach this machine, where the engine listens. */
  engineAddress: string;
  /** A folder that all hosts see under the same path: a storage domain. */
  sharedDirectory: string;
}
/** A lab that this process holds. */
export interface OwnLab extends Lab {
  /** Leaves no process, namespace, interface, mount or cgroup, and no `temporary` folder. */
  stop(): Promise<void>;
}
export interface LabOptions {
  /** Holds the hosts' own trees and the shared folder. Given again, the hosts keep identity and, while it is free, address. */
  dir: string;
  hosts: number;
  name?: string;
  /** A folder to remove with the lab, even if this process is killed. */
  temporary?: string;
}
interface LabRecord {
  pid: number;
  name: string;
  directory: string;
  hosts: number;
}

/** Why this machine can have no lab; null when it can. Packages are the business of `ensurePackages`. */
export async function whyNoLab(): Promise<string | null> {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "not root";
  const { code, stderr } = await run(["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--cgroup", "--fork", "true"]);
  return code === 0 ? null : `namespaces are not allowed here: ${stderr.trim()}`;
}

/** Resolves when libvirtd answers on every host. The lab lasts until `stop` or the end of this process, killed or not. */
export async function startLab(options: LabOptions): Promise<OwnLab> {
  const { dir, hosts, name = "lab", temporary } = options;
  const slot = await claimSlot(await lastSlot(dir));
  try {
    const record: LabRecord = { pid: process.pid, name, directory: dir, hosts };
    const lab = labOf(slot.number, record);
    await mkdir(lab.sharedDirectory, { recursive: true });
    await writeFile(join(dir, "slot"), String(slot.number));
    if (temporary !== undefined) await writeFile(join(slot.directory, "temporary"), temporary);
    await writeFile(join(slot.directory, "lab.json"), JSON.stringify(record));
    await makeLan(slot.number);
    const booted = await Promise.allSettled(lab.hosts.map((host) => host.powerOn()));
    for (const result of booted) if (result.status === "rejected") throw result.reason;
    return { ...lab, stop: slot.release };
  } catch (error) {
    await slot.release();
    throw error;
  }
}

/** The labs of this machine, for the command line; their owners are other processes. */
export async function runningLabs(): Promise<(Lab & { owner: number })[]> {
  const entries = await readdir(RUN_DIRECTORY).catch(() => []);
  return entries.flatMap((entry) => {
    try {
      const record = JSON.parse(readFileSync(join(slotDirectory(Number(entry)), "lab.json"), "utf8")) as LabRecord;
      return [{ ...labOf(Number(entry), record), owner: record.pid }];
    } catch {
      return []; // a lock, or a slot that is just being claimed or released
    }
  });
}

function labOf(slot: number, { name, directory, hosts }: LabRecord): Lab {
  const numbers = Array.from({ length: hosts }, (_, index) => index + 1);
  const place = (number: number) => ({ slot, number, hosts, directory: join(directory, hostName(number)) });
  return {
    slot,
    name,
    hosts: numbers.map((number) => labHost(place(number))),
    engineAddress: slotAddress(slot, ENGINE_HOST),
    sharedDirectory: join(directory, "shared"),
  };
}

async function lastSlot(directory: string): Promise<number | undefined> {
  const text = await readFile(join(directory, "slot"), "utf8").catch(() => "");
  return Number(text) || undefined;
}
