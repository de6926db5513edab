import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostName, type HostPlace } from "./host.ts";
import { ENGINE_HOST, slotAddress } from "./slot.ts";

/**
 * Writes what makes a host itself, into its own tree: name, machine id (made once), and libvirt's configuration.
 * `init.sh` mounts these over the machine's own.
 */
export async function writeHostFiles(place: HostPlace): Promise<void> {
  const { directory, slot, number } = place;
  for (const folder of ["etc", "libvirt", "lib", "log", "cache"]) await mkdir(join(directory, folder), { recursive: true });
  const uuid = await identity(join(directory, "etc/machine-id"));
  const address = slotAddress(slot, number);
  await writeFile(join(directory, "etc/hostname"), `${hostName(number)}\n`);
  await writeFile(join(directory, "etc/hosts"), hostsFile(place));
  await writeFile(join(directory, "libvirt/libvirtd.conf"), libvirtdConf(address, uuid));
  await writeFile(join(directory, "libvirt/qemu.conf"), qemuConf(address));
}

/** The machine id as a UUID; libvirt takes it as the host's, and will not migrate between hosts that share one. */
async function identity(file: string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, randomUUID().replaceAll("-", "") + "\n");
  const id = (await readFile(file, "utf8")).trim();
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function hostsFile({ slot, hosts }: HostPlace): string {
  const numbers = Array.from({ length: hosts }, (_, index) => index + 1);
  const lines = numbers.map((number) => `${slotAddress(slot, number)} ${hostName(number)}`);
  return ["127.0.0.1 localhost", `${slotAddress(slot, ENGINE_HOST)} engine`, ...lines, ""].join("\n");
}

/** Without TLS or log-in: only the lab's own network reaches it. */
const libvirtdConf = (address: string, uuid: string) => `listen_tls = 0
listen_tcp = 1
listen_addr = "${address}"
auth_tcp = "none"
auth_unix_rw = "none"
host_uuid = "${uuid}"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`;

const qemuConf = (address: string) => `user = "root"
group = "root"
security_driver = "none"
dynamic_ownership = 0
remember_owner = 0
vnc_listen = "${address}"
migration_address = "${address}"
migration_host = "${address}"
`;
