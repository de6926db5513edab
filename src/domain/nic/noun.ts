import { Field, InputType } from "type-graphql";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid } from "../../errors.ts";
import { refuseTaken } from "../input.ts";
import type { RowOf } from "../kinds.ts";
import { nounOf } from "../noun/noun.ts";
import { Mac } from "../values.ts";
import { refuseHotPlug } from "../vm/hotPlug.ts";
import { requireStateForDevices } from "../vm/states.ts";
import { freeMac, poolOf } from "../macPool/free.ts";
import { checkMac } from "../macPool/ranges.ts";
import { Nic } from "./nic.ts";

@InputType()
class WithMac {
  @Field(() => Mac, { nullable: true, description: "Hardware address; a free one of its cluster's MAC pool unless given." })
  mac?: Mac | null;
}

/** NICs come, change and go while the VM is down. */
export const nic = nounOf(Nic, {
  extra: WithMac,
  check: (tx, row, { input, before }) => {
    const vm = requireOpen(tx, row.vmId, before ? "updateNic" : "addNic");
    const { mac } = input as WithMac;
    if (mac === null && before) throw invalid("input.mac", "It cannot be null.", "NULL");
    if (row.vnicProfileId !== (before?.vnicProfileId ?? null)) refuseOtherDataCenter(tx, vm, row.vnicProfileId);
    return {
      name: row.name ?? nextName(tx.snapshot.by("Nic", "vmId", vm.id)),
      macAddress: mac
        ? freeAddress(tx, mac.address, before?.id)
        : (before?.macAddress ?? freeMac(tx.snapshot, poolOf(tx.snapshot, tx.need("Cluster", vm.clusterId)))),
    };
  },
  removing: (tx, { vmId }) => void requireOpen(tx, vmId, "removeNic"),
});

function requireOpen(tx: Transaction, vmId: string, verb: "addNic" | "updateNic" | "removeNic"): RowOf<"Vm"> {
  const vm = tx.need("Vm", vmId);
  requireStateForDevices(vm, verb);
  refuseHotPlug(vm);
  tx.claim("Vm", vm);
  return vm;
}

function refuseOtherDataCenter({ snapshot }: Transaction, vm: RowOf<"Vm">, vnicProfileId: string | null): void {
  if (vnicProfileId === null) return;
  const network = snapshot.need("Network", snapshot.need("VnicProfile", vnicProfileId).networkId);
  if (network.dataCenterId !== snapshot.need("Cluster", vm.clusterId).dataCenterId)
    throw invalid("input.vnicProfileId", `Network ${network.name} is in another data center than the VM.`, "OTHER_DATA_CENTER");
}

function freeAddress({ snapshot }: Transaction, given: string, ownId?: string): string {
  const address = checkMac(given);
  refuseTaken({ value: address, holders: snapshot.by("Nic", "macAddress", address), path: "input.mac.address", ownId, by: "another NIC" });
  return address;
}

/** The first of nic1, nic2 ... that the VM does not have. */
function nextName(siblings: readonly RowOf<"Nic">[]): string {
  const taken = new Set(siblings.map(({ name }) => name));
  for (let number = 1; ; number++) if (!taken.has(`nic${number}`)) return `nic${number}`;
}
