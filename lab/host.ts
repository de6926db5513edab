import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { must, run, type CommandOptions, type CommandResult } from "./command.ts";
import { writeHostFiles } from "./hostFiles.ts";
import { hostNamespace, plugIn, pullCables } from "./network.ts";
import { slotAddress, slotDirectory } from "./slot.ts";

/** A hypervisor host of the lab: its own namespaces, cgroups, /run, /dev, libvirt folders and identity, and a real libvirtd. */
export interface LabHost {
  /** From 1. */
  number: number;
  name: string;
  /** On the management network; libvirtd listens there for migration. */
  address: string;
  /** The host's own tree on the machine's disk, seen under the same path from inside; outlives a power cut. */
  directory: string;
  /** Runs a command inside to its end. Rejects when the host has no power. */
  run(command: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  /** Starts a program inside. End it with `kill`: the child process is only its proxy. Throws when the host has no power. */
  spawn(command: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Sends a signal to a program started by `spawn`. */
  kill(child: ChildProcess, signal?: NodeJS.Signals): Promise<void>;
  /** Cable out, then every process dead at once, like the real thing: nobody is told. */
  powerCut(): Promise<void>;
  /** Resolves when libvirtd answers. Does nothing when the power is on. */
  powerOn(): Promise<void>;
  stopLibvirtd(): Promise<void>;
  startLibvirtd(): Promise<void>;
  /** VMs run on meanwhile. */
  restartLibvirtd(): Promise<void>;
  /** True while the host has power. */
  isUp(): boolean;
}
export interface HostPlace {
  slot: number;
  number: number;
  /** All hosts of the lab know each other's names. */
  hosts: number;
  directory: string;
}

const LIBVIRTD_DEADLINE_MS = 60_000;
const LIBVIRTD_PID_FILE = "/run/libvirtd.pid";
const POLL_MS = 20;

export const hostName = (number: number) => `host${number}`;

/** Makes a handle on a host; it needs no power yet. Any process may hold one: what it needs to know is in the slot's folder. */
export function labHost(place: HostPlace): LabHost {
  const { slot, number, directory } = place;
  const host: LabHost = {
    number,
    name: hostName(number),
    address: slotAddress(slot, number),
    directory,
    run: async (command, options = {}) => run(["nsenter", ...enter(place, options.cwd), ...command], options),
    spawn: (command, options = {}) => spawn("nsenter", [...enter(place, options.cwd?.toString()), ...command], options),
    kill: killInside,
    powerCut: () => powerCut(place),
    powerOn: async () => {
      if (!host.isUp()) await powerOn(place, host);
    },
    stopLibvirtd: () => stopLibvirtd(host),
    startLibvirtd: () => startLibvirtd(host),
    restartLibvirtd: async () => {
      await stopLibvirtd(host);
      await startLibvirtd(host);
    },
    isUp: () => initPid(place) !== null,
  };
  return host;
}

const pidFile = ({ slot, number }: HostPlace) => join(slotDirectory(slot), `${hostName(number)}.pid`);

/** PID 1 of the host, in the machine's numbering; null when the power is off. */
function initPid(place: HostPlace): number | null {
  try {
    const pid = Number(readFileSync(pidFile(place), "utf8"));
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("host/init.sh") ? pid : null;
  } catch {
    return null; // no such file, or no such process any more
  }
}

function enter(place: HostPlace, directory = process.cwd()): string[] {
  const pid = initPid(place);
  if (pid === null) throw new Error(`${hostName(place.number)} has no power.`);
  return [`--target=${pid}`, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", `--wdns=${directory}`];
}

/** nsenter passes no signals on: the program itself is its one child. */
async function killInside(proxy: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (proxy.pid === undefined || proxy.exitCode !== null || proxy.signalCode !== null) return;
  const program = await onlyChild(proxy.pid);
  if (program !== null) process.kill(program, signal);
  else proxy.kill("SIGKILL");
}

async function onlyChild(pid: number): Promise<number | null> {
  for (let waited = 0; waited < 1_000; waited += POLL_MS) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
    const first = Number(children.split(" ")[0]);
    if (first > 0) return first;
    await delay(POLL_MS);
  }
  return null;
}

async function powerOn(place: HostPlace, host: LabHost): Promise<void> {
  const { slot, number, directory } = place;
  await mkdir(directory, { recursive: true });
  await writeHostFiles(place);
  await plugIn(slot, number);
  const log = await open(join(directory, "boot.log"), "w");
  const boot = spawn(join(import.meta.dirname, "host/boot.sh"), [hostNamespace(slot, number), directory], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
  });
  boot.unref();
  await log.close();
  await waitForInit(place, boot);
  await waitForLibvirtd(host);
}

/** boot.sh becomes unshare, whose one child is the host's PID 1. */
async function waitForInit(place: HostPlace, boot: ChildProcess): Promise<void> {
  for (let waited = 0; waited < 10_000 && boot.exitCode === null && boot.pid !== undefined; waited += POLL_MS) {
    const pid = await onlyChild(boot.pid);
    if (pid !== null) await writeFile(pidFile(place), String(pid));
    if (initPid(place) !== null) return;
    await delay(POLL_MS);
  }
  throw new Error(`${hostName(place.number)} does not boot: ${await readFile(join(place.directory, "boot.log"), "utf8")}`);
}

async function waitForLibvirtd(host: LabHost): Promise<void> {
  const deadline = Date.now() + LIBVIRTD_DEADLINE_MS;
  let last = "";
  while (Date.now() < deadline && host.isUp()) {
    const { code, stderr } = await host.run(["virsh", "--quiet", "--connect", "qemu:///system", "version"], { timeoutMs: 30_000 });
    if (code === 0) return;
    last = stderr.trim();
    await delay(5 * POLL_MS);
  }
  const log = await readFile(join(host.directory, "boot.log"), "utf8");
  throw new Error(`libvirtd of ${host.name} does not answer: ${last} ${log}`.trim());
}

async function powerCut(place: HostPlace): Promise<void> {
  const pid = initPid(place);
  if (pid === null) return;
  await pullCables(place.slot, place.number);
  process.kill(pid, "SIGKILL");
  await rm(pidFile(place));
  await must([join(import.meta.dirname, "host/off.sh"), hostNamespace(place.slot, place.number)]);
}

async function stopLibvirtd(host: LabHost): Promise<void> {
  const script = `p=$(cat ${LIBVIRTD_PID_FILE}) || exit 0; kill $p; while kill -0 $p 2>/dev/null; do sleep 0.05; done`;
  const { code, stderr } = await host.run(["sh", "-c", script], { timeoutMs: LIBVIRTD_DEADLINE_MS });
  if (code !== 0) throw new Error(`libvirtd of ${host.name} does not stop: ${stderr}`);
}

async function startLibvirtd(host: LabHost): Promise<void> {
  const { code, stderr } = await host.run(["/usr/sbin/libvirtd", "--daemon", "--listen"]);
  if (code !== 0) throw new Error(`libvirtd of ${host.name} does not start: ${stderr}`);
  await waitForLibvirtd(host);
}
