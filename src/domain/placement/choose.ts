import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { PlacementChoice } from "../command.ts";
import { needNamed } from "../input.ts";
import type { RowOf } from "../kinds.ts";
import { placeVm, type PlacementOptions } from "./placeVm.ts";

/** The best host for a VM. Throws NOT_FOUND for an unknown wish, and NO_HOST with every reason why each host was passed over. */
export function choose(tx: Transaction, vm: RowOf<"Vm">, wish: PlacementOptions): { hostId: string; ranked: readonly PlacementChoice[] } {
  if (wish.hostId !== null && wish.hostId !== undefined) needNamed(tx, "Host", { id: wish.hostId, path: "input.hostId" });
  const { choice, ranked, refusals } = placeVm(tx.snapshot, vm, wish);
  if (!choice) throw new OvertError("NO_HOST", `No host can take VM ${vm.name}.`, refusals);
  return { hostId: choice.hostId, ranked };
}
