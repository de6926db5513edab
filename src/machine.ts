import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { hostname, networkInterfaces } from "node:os";

const ROUTES = "/proc/net/route";
const DEFAULT_ROUTE = "00000000";
/** The most addresses that are found by themselves: a machine of containers may have thousands. */
const MOST = 32;
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){1,3}|\[?::1\]?|\[?::ffff:127(\.\d+){3}\]?)\.?$/i;
/** Good on one cable only. */
const LINK_LOCAL = /^(169\.254\.|fe[89ab][0-9a-f]:)/i;

/** Whether a name or IP address, as a URL writes it or plain, means to every machine that machine itself. */
export const isLoopback = (address: string): boolean => LOOPBACK.test(address);

/** As a URL writes it: IPv6 in brackets. */
export const inUrl = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/**
 * IP addresses and name under which others may reach this machine; first the one by which it reaches the rest of the
 * world. Empty where there is no network.
 */
export function machineAddresses(): string[] {
  const outward = outwardInterface();
  const interfaces = Object.entries(networkInterfaces()).toSorted(([a], [b]) => Number(b === outward) - Number(a === outward));
  const found = interfaces.flatMap(([, addresses = []]) =>
    addresses.filter(({ internal, address }) => !internal && !LINK_LOCAL.test(address)),
  );
  const ips = found.toSorted((a, b) => a.family.localeCompare(b.family)).map(({ address }) => address);
  if (ips.length === 0) return [];
  return [...new Set([...ips.slice(0, MOST), ...ownName()])];
}

/** Whether a host of that name or address is the machine this runs on. */
export const isThisMachine = (address: string): boolean =>
  isLoopback(address) || [...machineAddresses(), ...ownName()].includes(address.toLowerCase());

function ownName(): string[] {
  const name = hostname().toLowerCase();
  return /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name) && !isLoopback(name) ? [name] : [];
}

/** Name of the interface with the IPv4 default route; null where the system does not tell. */
function outwardInterface(): string | null {
  try {
    const [, ...lines] = readFileSync(ROUTES, "utf8").split("\n");
    return lines.map((line) => line.split("\t")).find(([, destination]) => destination === DEFAULT_ROUTE)?.[0] ?? null;
  } catch {
    return null;
  }
}
