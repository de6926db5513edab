import type { Guest } from "../guest.ts";
import type { Enrolment } from "./agents.ts";
import { find, mutate, until, type GraphQLClient } from "../graphql.ts";

const MIB = 1024 * 1024;
const VM_MEMORY = 128 * MIB;
const DISK_SIZE = 64 * MIB;
const HOST_TIMEOUT_MS = 90_000;
const GUEST_TIMEOUT_MS = 240_000;
/** Its virtual processors' clock is the host's, so the guest needs no more than this. */
const KERNEL_ARGUMENTS = "console=ttyS0 quiet nokaslr mitigations=off";

/** Adds the host, or corrects its address when it is there; answers what its agent needs to enrol, null when it is enrolled already. */
export async function ensureHost(client: GraphQLClient, name: string, address: string): Promise<Enrolment | null> {
  const known = await find(client, "hosts", name);
  if (known) {
    await mutate(client, "updateHost", "host", { id: known.id, input: { address } });
    return null;
  }
  const clusterId = (await find(client, "clusters", "Default"))?.id;
  const { addHost } = await client.query<{ addHost: { enrollment: Enrolment } }>(
    `mutation ($input: AddHostInput!) { addHost(input: $input) { enrollment { token fingerprint url } } }`,
    { input: { name, address, clusterId } },
  );
  return addHost.enrollment;
}

/** A new token for a host that is known. */
export async function enrolAnew(client: GraphQLClient, name: string): Promise<Enrolment> {
  const { enrollCertificateHost } = await client.query<{ enrollCertificateHost: { enrollment: Enrolment } }>(
    `mutation ($id: ID!) { enrollCertificateHost(id: $id) { enrollment { token fingerprint url } } }`,
    { id: (await find(client, "hosts", name))?.id },
  );
  return enrollCertificateHost.enrollment;
}

/** Waits until that many hosts are UP and have been heard of: an engine that starts again remembers states of long ago. */
export async function hostsUp(client: GraphQLClient, count: number): Promise<void> {
  await until(`${count} hosts UP`, HOST_TIMEOUT_MS, async () => {
    const { hosts } = await client.query<{ hosts: { nodes: { status: string; usage: object | null }[] } }>(
      `{ hosts(first: 100) { nodes { status usage { at } } } }`,
    );
    return hosts.nodes.filter(({ status, usage }) => status === "UP" && usage !== null).length >= count;
  });
}

/** A storage domain on the shared folder; answers its id. */
export async function ensureStorage(client: GraphQLClient, path: string): Promise<string> {
  const dataCenterId = (await find(client, "dataCenters", "Default"))?.id;
  // The lab's disks are tiny, and so may be the machine that it runs on.
  const input = { name: "shared", dataCenterId, storage: { type: "POSIXFS", path }, criticalSpaceActionBlocker: 0 };
  return (await find(client, "storageDomains", input.name))?.id ?? mutate(client, "addStorageDomain", "storageDomain", { input });
}

/** The network whose bridge the lab's hosts have for VM traffic; answers the id of the vNIC profile that comes with it. */
export async function ensureNetwork(client: GraphQLClient): Promise<string> {
  const name = "vmnet";
  const dataCenterId = (await find(client, "dataCenters", "Default"))?.id;
  if (!(await find(client, "networks", name))) await mutate(client, "addNetwork", "network", { input: { name, dataCenterId } });
  const profile = await find(client, "vnicProfiles", name);
  if (!profile) throw new Error(`The network ${name} has no vNIC profile.`);
  return profile.id;
}

export interface VmPlan {
  name: string;
  storageDomainId: string;
  vnicProfileId: string;
  guest: Guest;
}
/** A VM with a disk and a NIC that boots the tiny guest; answers its id. */
export async function ensureVm(client: GraphQLClient, plan: VmPlan): Promise<string> {
  const { name, storageDomainId, vnicProfileId, guest } = plan;
  const known = await find(client, "vms", name);
  if (known) return known.id;
  const clusterId = (await find(client, "clusters", "Default"))?.id;
  const os = { type: "other_linux", boot: { devices: ["HD"] }, ...guest, cmdline: `${KERNEL_ARGUMENTS} hostname=${name}` };
  const vmId = await mutate(client, "addVm", "vm", { input: { name, clusterId, memory: VM_MEMORY, os } });
  await mutate(client, "addNic", "nic", { input: { vmId, vnicProfileId } });
  const attachment = { vmId, bootable: true };
  await mutate(client, "addDisk", "disk", { input: { name: `${name}-disk1`, storageDomainId, provisionedSize: DISK_SIZE, attachment } });
  return vmId;
}

/** Starts the VM unless it runs, and waits for the address its guest reports. */
export async function vmUp(client: GraphQLClient, id: string): Promise<string> {
  const state = async () => {
    const { vm } = await client.query<{ vm: VmState }>(
      `query ($id: ID!) { vm(id: $id) { status reportedDevices { ips { address version } } } }`,
      { id },
    );
    return vm;
  };
  if ((await state()).status === "DOWN") await mutate(client, "startVm", "vm", { id });
  return until("a VM UP with its guest's address", GUEST_TIMEOUT_MS, async () => {
    const { status, reportedDevices } = await state();
    if (status !== "UP") return null;
    return reportedDevices.flatMap(({ ips }) => ips).find(({ version, address }) => version === "V4" && !address.startsWith("127."))
      ?.address;
  });
}
interface VmState {
  status: string;
  reportedDevices: { ips: { address: string; version: string }[] }[];
}
