import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid } from "../../errors.ts";
import { checkName, refuseTaken } from "../input.ts";
import type { RowOf } from "../kinds.ts";
import { checkMac } from "./macPool.ts";

/** Checks that adding and updating a NIC share. `ownId` is the NIC that is updated. */

/** Throws NOT_FOUND, INVALID when it is a profile of another data center. Null = connected to nothing. */
export function checkProfile({ snapshot }: Transaction, vm: RowOf<"Vm">, vnicProfileId: string | null): string | null {
  if (vnicProfileId === null) return null;
  const network = snapshot.need("Network", snapshot.need("VnicProfile", vnicProfileId).networkId);
  if (network.dataCenterId !== snapshot.need("Cluster", vm.clusterId).dataCenterId)
    throw invalid("input.vnicProfileId", `Network ${network.name} is in another data center than the VM.`, "OTHER_DATA_CENTER");
  return vnicProfileId;
}

/** Throws INVALID, CONFLICT (another NIC has it). */
export function checkFreeMac({ snapshot }: Transaction, given: string, ownId?: string): string {
  const address = checkMac(given);
  refuseTaken(snapshot.by("Nic", "macAddress", address), "input.mac.address", ownId);
  return address;
}

/** Throws INVALID, CONFLICT (another NIC of the VM has it). */
export function checkNicName(given: string, siblings: readonly RowOf<"Nic">[], ownId?: string): string {
  const name = checkName(given);
  const holders = siblings.filter((nic) => nic.name === name);
  refuseTaken(holders, "input.name", ownId);
  return name;
}

/** The first of nic1, nic2 ... that the VM does not have. */
export function nextNicName(siblings: readonly RowOf<"Nic">[]): string {
  const taken = new Set(siblings.map(({ name }) => name));
  for (let number = 1; ; number++) if (!taken.has(`nic${number}`)) return `nic${number}`;
}
