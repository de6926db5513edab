import { invalid, OvertError } from "../../errors.ts";
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

/** As Linux takes the name of an interface, in ASCII; dashes at its beginning would be options to its tools. */
const BRIDGE_NAME = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,14}$/;
/** Directories and files beside those of the interfaces, and the interface that every host has. */
const RESERVED_BRIDGES: readonly string[] = [".", "..", "lo", "all", "default", "bonding_masters"];

/** Throws INVALID, CONFLICT (another network of the data center is on that bridge). */
export function checkFreeBridge(snapshot: Snapshot, dataCenterId: string, name: string): string {
  const path = "input.vdsmName";
  if (!BRIDGE_NAME.test(name))
    throw invalid(
      path,
      "The bridge needs a name of 1 to 15 ASCII letters, digits, dots, dashes or underscores, no dash first.",
      "BRIDGE_NAME",
    );
  if (RESERVED_BRIDGES.includes(name)) throw invalid(path, `No bridge can be called ${name}.`, "BRIDGE_NAME_RESERVED");
  const holder = snapshot.by("Network", "dataCenterId", dataCenterId).find(({ vdsmName }) => vdsmName === name);
  if (!holder) return name;
  const message = `Network ${holder.name} is on bridge ${name}.`;
  throw new OvertError("CONFLICT", message, [{ code: "BRIDGE_TAKEN", message, path }]);
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
