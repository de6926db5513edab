import { invalid } from "../../errors.ts";
import type { MacRange } from "./macPool.ts";

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;
const MULTICAST_BIT = 1;
const MOST_RANGES = 100;

/** In lower case. Throws INVALID for what is not six octets, for multicast and for zero. */
export function checkMac(given: string, path = "input.mac.address"): string {
  const address = given.toLowerCase();
  if (!MAC.test(address)) throw invalid(path, "Six octets with colons between, e.g. 56:6f:1a:2b:3c:4d.", "MAC");
  if (Number.parseInt(address.slice(0, 2), 16) & MULTICAST_BIT) throw invalid(path, "It is a multicast address.", "MAC_MULTICAST");
  if (address === "00:00:00:00:00:00") throw invalid(path, "It is no address.", "MAC");
  return address;
}

export const numberOf = (mac: string): number => Number.parseInt(mac.replaceAll(":", ""), 16);
export const macOf = (number: number): string => number.toString(16).padStart(12, "0").match(/../gu)!.join(":");

/** In lower case. Throws INVALID. */
export function checkRanges(ranges: MacRange[], path: string): MacRange[] {
  if (ranges.length === 0 || ranges.length > MOST_RANGES) throw invalid(path, `1 to ${MOST_RANGES} ranges.`, "RANGE");
  const checked = ranges.map(({ from, to }, at) => {
    const range = { from: checkMac(from, `${path}.${at}.from`), to: checkMac(to, `${path}.${at}.to`) };
    if (numberOf(range.from) > numberOf(range.to)) throw invalid(`${path}.${at}.to`, "At or after the first.", "RANGE");
    if (range.from.slice(0, 2) !== range.to.slice(0, 2))
      throw invalid(`${path}.${at}.to`, "With the first octet of the first.", "MAC_MULTICAST");
    return range;
  });
  const sorted = checked.map((range, at) => ({ ...range, at })).toSorted((a, b) => numberOf(a.from) - numberOf(b.from));
  for (const [place, { from, at }] of sorted.entries())
    if (place > 0 && numberOf(from) <= numberOf(sorted[place - 1]!.to))
      throw invalid(`${path}.${at}`, "It overlaps another one.", "MAC_POOL_VIOLATES_NO_OVERLAPPING_RANGES");
  return checked;
}
