import { randomBytes } from "node:crypto";
import { invalid } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";

/** oVirt's default range: 56:6f:00:00:00:00 to 56:6f:ff:ff:ff:ff, locally administered. */
const PREFIX = "56:6f";
const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const MULTICAST_BIT = 1;

/** A hardware address that no NIC has. At random, so that engines that know nothing of each other hardly ever meet. */
export function freeMac(snapshot: Snapshot): string {
  for (;;) {
    const address = [PREFIX, ...Array.from(randomBytes(4), (octet) => octet.toString(16).padStart(2, "0"))].join(":");
    if (snapshot.by("Nic", "macAddress", address).length === 0) return address;
  }
}

/** In lower case. Throws INVALID for what is not six octets, for multicast and for zero. */
export function checkMac(given: string, path = "input.mac.address"): string {
  const address = given.toLowerCase();
  if (!MAC.test(address)) throw invalid(path, "Six octets with colons between, e.g. 56:6f:1a:2b:3c:4d.", "MAC");
  if (Number.parseInt(address.slice(0, 2), 16) & MULTICAST_BIT) throw invalid(path, "It is a multicast address.", "MAC_MULTICAST");
  if (address === "00:00:00:00:00:00") throw invalid(path, "It is no address.", "MAC");
  return address;
}
