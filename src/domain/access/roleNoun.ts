import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, type Reason } from "../../errors.ts";
import { refuseWhileUsed } from "../input.ts";
import type { RowOf } from "../kinds.ts";
import { nounOf } from "../noun/noun.ts";
import { PERMITS, type Permit } from "./permits.ts";
import { Role } from "./role.ts";

/** Throws INVALID: nobody gets by a role for users what only administrators may. */
function requireFitting(_tx: Transaction, { administrative, permitNames }: RowOf<"Role">): void {
  const at = administrative ? -1 : permitNames.findIndex((name) => PERMITS[name as Permit].administrative);
  if (at >= 0) throw invalid(`input.permitNames.${at}`, `${permitNames[at]} is a permit for administrators.`, "ADMINISTRATIVE_PERMIT");
}

const fixedRefusal = ({ mutable, name }: RowOf<"Role">): Reason | null =>
  mutable ? null : { code: "ROLE_IS_PREDEFINED", message: `The role ${name} is one of oVirt's own, so it cannot be changed.` };

export const role = nounOf(Role, {
  says: { update: "Holds at once, for everybody who has it.", remove: "Refused while somebody has it." },
  unless: fixedRefusal,
  check: requireFitting,
  removing: (tx, row) => {
    refuseWhileUsed({ kind: "Permission", words: "permission" }, tx.snapshot.by("Permission", "roleId", row.id));
    // Whoever gives it at the same time claims it too.
    tx.claim("Role", row);
  },
});
