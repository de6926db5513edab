import { constants } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Guest } from "../guest.ts";
import { buildGuest } from "../guest.ts";
import type { LabHost } from "../host.ts";
import type { OwnLab } from "../hosts.ts";
import type { Say } from "../install.ts";
import { enrolAgent, isEnrolled, pointAgent, startAgent } from "./agents.ts";
import type { Launch } from "./keep.ts";
import { enrolAnew, ensureHost, ensureNetwork, ensureStorage, ensureVm, hostsUp, vmUp } from "./furnish.ts";
import type { GraphQLClient } from "../graphql.ts";

/** What a part of the demo gets from the whole. */
export interface Demo {
  /** Where agents dial. */
  hostlinkUrl: string;
  say: Say;
  /** Keeps a program running. */
  keep: (launch: Launch) => Promise<void>;
}
const POWER_POLL_MS = 1_000;

/** Enrols the lab's hosts and keeps their agents running; resolves once the engine says that all hosts are UP. */
export async function bringUpHosts(client: GraphQLClient, lab: OwnLab, { hostlinkUrl, say, keep }: Demo): Promise<void> {
  for (const host of lab.hosts) {
    const added = await ensureHost(client, host.name, host.address);
    if (!added && isEnrolled(host)) await pointAgent(host, hostlinkUrl);
    // One that the engine knows may have got no further in an earlier start.
    else await enrolAgent(host, added ?? (await enrolAnew(client, host.name)));
  }
  for (const host of lab.hosts) await keep(agentOf(host));
  say("Agents are enrolled; waiting for the hosts to be UP ...");
  await hostsUp(client, lab.hosts.length);
}

/** The agent starts whenever the host has power, as its service manager would have it. */
const agentOf =
  (host: LabHost): Launch =>
  async (onStart) => {
    while (!host.isUp()) await delay(POWER_POLL_MS, undefined, { ref: false });
    onStart(startAgent(host));
  };

/** Storage, network, and running VMs on the hosts. */
export async function bringUpVms(client: GraphQLClient, lab: OwnLab, count: number, say: Say): Promise<void> {
  const storageDomainId = await ensureStorage(client, lab.sharedDirectory);
  const vnicProfileId = await ensureNetwork(client);
  const guest = await keepGuest(lab, await buildGuest(say));
  const names = Array.from({ length: count }, (_, index) => `vm${index + 1}`);
  say(`Starting ${names.join(", ")} ...`);
  const vm = async (name: string) => {
    const id = await ensureVm(client, { name, storageDomainId, vnicProfileId, guest });
    say(`${name} is UP, its guest has the address ${await vmUp(client, id)}.`);
  };
  await Promise.all(names.map(vm));
}

/** The VMs outlive the cache: their kernel lies beside their disks. */
async function keepGuest(lab: OwnLab, guest: Guest): Promise<Guest> {
  const folder = join(lab.sharedDirectory, "boot");
  const kept = { kernel: join(folder, "vmlinux"), initrd: join(folder, "initrd.img") };
  await mkdir(folder, { recursive: true });
  await copyFile(guest.kernel, kept.kernel, constants.COPYFILE_FICLONE);
  await copyFile(guest.initrd, kept.initrd, constants.COPYFILE_FICLONE);
  return kept;
}
