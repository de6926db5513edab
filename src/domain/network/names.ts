import { checkName, refuseTaken } from "../input.ts";
import type { Snapshot } from "../inventory/snapshot.ts";

/** Names that are unique in their parent only. Both throw INVALID, CONFLICT; `ownId` is who may hold the name already. */

export function checkFreeNetworkName(snapshot: Snapshot, dataCenterId: string, given: string, ownId?: string): string {
  const name = checkName(given);
  refuseTaken(
    snapshot.by("Network", "dataCenterId", dataCenterId).filter((network) => network.name === name),
    "input.name",
    ownId,
  );
  return name;
}

export function checkFreeProfileName(snapshot: Snapshot, networkId: string, given: string, ownId?: string): string {
  const name = checkName(given);
  refuseTaken(
    snapshot.by("VnicProfile", "networkId", networkId).filter((profile) => profile.name === name),
    "input.name",
    ownId,
  );
  return name;
}
