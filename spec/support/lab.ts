import { readdir, readFile } from "node:fs/promises";
import { run } from "../../lab/command.ts";
import { buildGuest, type Guest } from "../../lab/guest.ts";
import { whyNoLab } from "../../lab/hosts.ts";
import { ensurePackages } from "../../lab/install.ts";

/** What system specs need of the machine; `reason` says why it cannot be had, and the specs are skipped. */
export type LabMachine = { reason: null; guest: Guest } | { reason: string; guest: null };

export async function prepareLabMachine(): Promise<LabMachine> {
  const reason = (await whyNoLab()) ?? (await packages());
  if (reason === null) return { reason, guest: await buildGuest(console.log) };
  console.warn(`System specs are skipped, no real hosts here: ${reason}.`);
  return { reason, guest: null };
}

async function packages(): Promise<string | null> {
  const installed = await ensurePackages(["hosts"], console.log);
  return installed.ok ? null : installed.reason;
}

/** All that there is of a lab outside its folder, by name: namespaces, interface, cgroups, mounts, and its processes' command lines. */
export async function tracesOfLab(slot: number, directory: string): Promise<string[]> {
  const name = `overt-lab-${slot}-`;
  const namespaces = (await run(["ip", "netns", "list"])).stdout.split("\n").filter((line) => line.startsWith(name));
  const links = (await run(["ip", "-oneline", "link", "show"])).stdout.split("\n").filter((line) => line.includes(`: ol${slot}@`));
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").filter((line) => line.includes(name) || line.includes(directory));
  const processes = await processesNaming([name, directory]);
  return [...namespaces, ...links, ...mounts, ...(await cgroupsNamed(name)), ...processes.map(({ commandLine }) => commandLine)];
}

async function cgroupsNamed(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const controller of await readdir("/sys/fs/cgroup").catch(() => [])) {
    const groups = await readdir(`/sys/fs/cgroup/${controller}`).catch(() => []);
    found.push(...groups.filter((group) => group.startsWith(prefix)).map((group) => `${controller}/${group}`));
  }
  return found;
}

/** Processes that have one of the words in their command line, or at the start of their network namespace's name. */
export async function processesNaming(words: string[]): Promise<{ pid: number; commandLine: string }[]> {
  const found: { pid: number; commandLine: string }[] = [];
  for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const network = await run(["ip", "netns", "identify", pid]);
    const named = words.some((word) => commandLine.includes(word) || network.stdout.startsWith(word));
    if (named) found.push({ pid: Number(pid), commandLine });
  }
  return found;
}
