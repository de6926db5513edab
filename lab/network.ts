import { must } from "./command.ts";
import { ENGINE_HOST, slotAddress, slotInterface, slotName } from "./slot.ts";

/**
 * The lab's two switches, for management and for VM traffic, live in a network namespace of their own: the machine has
 * one interface into the management network, and its firewall and forwarding have no say in what the hosts tell each other.
 */
const lanNamespace = (slot: number) => `${slotName(slot)}-lan`;
export const hostNamespace = (slot: number, host: number) => `${slotName(slot)}-host${host}`;

const ip = (namespace: string | null, lines: readonly string[]) =>
  must(["ip", ...(namespace === null ? [] : ["-n", namespace]), "-batch", "-"], { input: lines.join("\n") + "\n" });
const hex = (byte: number) => byte.toString(16).padStart(2, "0");
const mac = (slot: number, host: number, nic: number) => `02:6f:76:${hex(slot)}:${hex(host)}:${hex(nic)}`;

export async function makeLan(slot: number): Promise<void> {
  const lan = lanNamespace(slot);
  await must(["ip", "netns", "add", lan]);
  await ip(null, [
    `link add ${slotInterface(slot)} type veth peer name engine netns ${lan}`,
    `addr add ${slotAddress(slot, ENGINE_HOST)}/24 dev ${slotInterface(slot)}`,
    `link set ${slotInterface(slot)} up`,
  ]);
  await ip(lan, [
    "link set lo up",
    "link add management type bridge",
    "link set management up",
    "link add vmnet type bridge",
    "link set vmnet up",
    "link set engine master management up",
  ]);
}

/** Makes a host's namespace with the bridges `ovirtmgmt` and `vmnet` and plugs both cables in. The NICs keep their MACs. */
export async function plugIn(slot: number, host: number): Promise<void> {
  const lan = lanNamespace(slot);
  const inside = hostNamespace(slot, host);
  await must(["ip", "netns", "add", inside]);
  await ip(inside, [
    "link set lo up",
    `link add ovirtmgmt address ${mac(slot, host, 0)} type bridge`,
    `link add vmnet address ${mac(slot, host, 1)} type bridge`,
    `link add eth0 address ${mac(slot, host, 0)} type veth peer name h${host}m netns ${lan}`,
    `link add eth1 address ${mac(slot, host, 1)} type veth peer name h${host}v netns ${lan}`,
    "link set eth0 master ovirtmgmt up",
    "link set eth1 master vmnet up",
    `addr add ${slotAddress(slot, host)}/24 dev ovirtmgmt`,
    "link set ovirtmgmt up",
    "link set vmnet up",
  ]);
  await ip(lan, [`link set h${host}m master management up`, `link set h${host}v master vmnet up`]);
}

/** Pulls both cables: from now on the host reaches nobody and nobody hears it die. */
export async function pullCables(slot: number, host: number): Promise<void> {
  await ip(lanNamespace(slot), [`link del h${host}m`, `link del h${host}v`]);
}
