import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, OvertError } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { ROLES } from "./permits.ts";

/** Throws INVALID for a role that does not exist, or none. */
export function checkRoles(roles: readonly string[]): string[] {
  const unknown = roles.find((role) => !Object.hasOwn(ROLES, role));
  if (unknown !== undefined || roles.length === 0) throw invalid("input.roles", `One or more of ${Object.keys(ROLES).join(", ")}.`, "ROLE");
  return [...new Set(roles)];
}

/** Throws CONFLICT when nobody with all rights would be left without this user. */
export function keepOneSuperUser(tx: Transaction, user: RowOf<"User">): void {
  if (!user.roles.includes("SuperUser")) return;
  const other = [...tx.snapshot.all("User")].find(({ id, roles }) => id !== user.id && roles.includes("SuperUser"));
  if (!other)
    throw new OvertError("CONFLICT", "The last user with the role SuperUser must stay.", [
      { code: "LAST_SUPER_USER", message: user.userName },
    ]);
  tx.claim("User", other);
}
