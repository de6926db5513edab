import { randomInt } from "node:crypto";
import { OvertError } from "../../errors.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import { macOf, numberOf } from "./ranges.ts";

/** oVirt's default range; the engine's own pool has it. */
export const DEFAULT_POOL = {
  name: "Default",
  description: "The default MAC pool",
  defaultPool: true,
  ranges: [{ from: "56:6f:00:00:00:00", to: "56:6f:ff:ff:ff:ff" }],
};
const GUESSES = 64;
const LARGEST = 2 ** 47;

/** The pool of a cluster. */
export const poolOf = (snapshot: Snapshot, cluster: Pick<RowOf<"Cluster">, "macPoolId">): RowOf<"MacPool"> =>
  snapshot.get("MacPool", cluster.macPoolId) ?? [...snapshot.all("MacPool")].find(({ defaultPool }) => defaultPool)!;

/**
 * A hardware address of the pool that no NIC has. At random, so that engines that know nothing of each other hardly ever meet.
 * Throws CONFLICT, reason MAC_POOL_NO_MACS_LEFT.
 */
export function freeMac(snapshot: Snapshot, { name, ranges }: RowOf<"MacPool">): string {
  const bounds = ranges.map(({ from, to }) => ({ from: numberOf(from), size: numberOf(to) - numberOf(from) + 1 }));
  const size = bounds.reduce((sum, range) => sum + range.size, 0);
  const at = (place: number) => {
    let left = place;
    for (const range of bounds)
      if (left < range.size) return macOf(range.from + left);
      else left -= range.size;
    throw new Error("a place outside of the pool");
  };
  const isFree = (mac: string) => snapshot.by("Nic", "macAddress", mac).length === 0;
  for (let guess = 0; guess < GUESSES; guess++) {
    const mac = at(randomInt(Math.min(size, LARGEST)));
    if (isFree(mac)) return mac;
  }
  // There can be no more taken addresses than NICs: one after the other, a free one is near.
  const most = Math.min(size, snapshot.count("Nic") + 1);
  for (let place = 0; place < most; place++) if (isFree(at(place))) return at(place);
  const message = `All addresses of MAC pool ${name} are taken.`;
  throw new OvertError("CONFLICT", message, [{ code: "MAC_POOL_NO_MACS_LEFT", message }]);
}
