import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { PlacementChoice } from "../command.ts";
import { needNamed } from "../input.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import { placeVm, type PlacementOptions } from "./placeVm.ts";

/** The host that somebody asks for, out of what he sees. Throws NOT_FOUND. */
export const wishedHost = (seen: Pick<Snapshot, "get">, { hostId }: Pick<PlacementOptions, "hostId">): RowOf<"Host"> | null =>
  hostId !== null && hostId !== undefined ? needNamed(seen, "Host", { id: hostId, path: "input.hostId" }) : null;

/** The best host for a VM. Throws NOT_FOUND for an unknown wish, and NO_HOST with every reason why each host was passed over. */
export function choose(tx: Transaction, vm: RowOf<"Vm">, wish: PlacementOptions): { hostId: string; ranked: readonly PlacementChoice[] } {
  wishedHost(tx, wish);
  const { choice, ranked, refusals } = placeVm(tx.snapshot, vm, wish);
  if (!choice) throw new OvertError("NO_HOST", `No host can take VM ${vm.name}.`, refusals);
  // Two of a group that start at the same time look for each other.
  for (const group of tx.snapshot.by("AffinityGroup", "vmIds", vm.id)) tx.claim("AffinityGroup", group);
  return { hostId: choice.hostId, ranked };
}
