import { invalid, OvertError, type Reason } from "../../errors.ts";
import { refuseWhileUsed } from "../input.ts";
import type { RowOf } from "../kinds.ts";
import { nounOf } from "../noun/noun.ts";
import type { Caller } from "./caller.ts";
import { PERMITS, type Permit } from "./permits.ts";
import { Role } from "./role.ts";

/** Throws INVALID: nobody gets by a role for users what only administrators may. */
function requireFitting({ administrative, permitNames }: RowOf<"Role">): void {
  const at = administrative ? -1 : permitNames.findIndex((name) => PERMITS[name as Permit].administrative);
  if (at >= 0) throw invalid(`input.permitNames.${at}`, `${permitNames[at]} is a permit for administrators.`, "ADMINISTRATIVE_PERMIT");
}

/** Nobody makes himself, or anybody, more than he is. Throws FORBIDDEN. */
function requireOwn({ grants }: Caller, { permitNames }: RowOf<"Role">, before: RowOf<"Role"> | null): void {
  const added = permitNames.find((name) => !before?.permitNames.includes(name) && !grants.system.has(name as Permit));
  if (added === undefined) return;
  const message = `Only who has the permit ${added} on the system puts it into a role.`;
  throw new OvertError("FORBIDDEN", message, [{ code: "PERMIT_NOT_HELD", message }]);
}

const fixedRefusal = ({ mutable, name }: RowOf<"Role">): Reason | null =>
  mutable ? null : { code: "ROLE_IS_PREDEFINED", message: `The role ${name} is one of oVirt's own, so it cannot be changed.` };

export const role = nounOf(Role, {
  says: { update: "Holds at once, for everybody who has it.", remove: "Refused while somebody has it." },
  unless: fixedRefusal,
  check: (_tx, row, { before, caller }) => {
    requireFitting(row);
    requireOwn(caller, row, before);
  },
  removing: (tx, row) => {
    refuseWhileUsed({ kind: "Permission", words: "permission" }, tx.snapshot.by("Permission", "roleId", row.id));
    // Whoever gives it at the same time claims it too.
    tx.claim("Role", row);
  },
});
