import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, OvertError } from "../../errors.ts";
import type { Caller } from "./caller.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import { nameOfRole, PREDEFINED_ROLES, roleIn, roleNamed, ROLES } from "./roles.ts";

const SUPER_USER = PREDEFINED_ROLES.SuperUser.id;
const isOnSystem = ({ objectId }: RowOf<"Permission">) => objectId === null;

/** Names of the roles that somebody has on the whole system. */
export const systemRolesOf = (snapshot: Snapshot, userId: string): string[] =>
  snapshot
    .by("Permission", "userId", userId)
    .filter(isOnSystem)
    .map(({ roleId }) => nameOfRole(snapshot, roleId))
    .toSorted();

/** Throws INVALID for a role that does not exist. */
export function checkRoles(names: readonly string[], path: string): string[] {
  if (names.some((name) => !roleNamed(name))) throw invalid(path, `Some of ${ROLES.map(({ name }) => name).join(", ")}.`, "ROLE");
  return [...new Set(names)];
}

interface Assignment {
  caller: Caller;
  user: Pick<RowOf<"User">, "id">;
  names: readonly string[];
}
/** Gives somebody exactly these roles on the whole system. Throws FORBIDDEN, and CONFLICT when no SuperUser would be left. */
export function setSystemRoles(tx: Transaction, { caller, user, names }: Assignment): void {
  const wanted = new Set(names.map((name) => roleNamed(name)!.id));
  for (const permission of tx.snapshot.by("Permission", "userId", user.id).filter(isOnSystem)) {
    if (wanted.delete(permission.roleId)) continue;
    requireMayGive(tx, caller, permission.roleId);
    keepOneSuperUser(tx, permission);
    tx.remove("Permission", permission);
  }
  for (const roleId of wanted) {
    requireMayGive(tx, caller, roleId);
    tx.insert("Permission", { userId: user.id, groupId: null, roleId, objectKind: null, objectId: null });
  }
}

/** A role for administrators is given and taken by who has all rights: nobody makes himself more than he is. Throws FORBIDDEN. */
export function requireMayGive({ snapshot }: Transaction, { grants }: Caller, roleId: string): void {
  const { name = roleId, administrative = true } = roleIn(snapshot, roleId) ?? {};
  if (!administrative || PREDEFINED_ROLES.SuperUser.permits.every((permit) => grants.system.has(permit))) return;
  const message = `Only a SuperUser gives and takes the role ${name}.`;
  throw new OvertError("FORBIDDEN", message, [{ code: "PERMISSION_ADD_FAILED_ONLY_SYSTEM_SUPER_USER_CAN_GIVE_ADMIN_ROLES", message }]);
}

/** Throws CONFLICT when nobody with all rights would be left without this permission. */
export function keepOneSuperUser(tx: Transaction, permission: RowOf<"Permission">): void {
  if (permission.roleId !== SUPER_USER || permission.objectId !== null || permission.userId === null) return;
  const other = tx.snapshot
    .by("Permission", "objectId", null)
    .find(({ id, roleId, userId }) => id !== permission.id && roleId === SUPER_USER && userId !== null && userId !== permission.userId);
  if (!other)
    throw new OvertError("CONFLICT", "The last user with the role SuperUser must stay.", [
      { code: "LAST_SUPER_USER", message: tx.get("User", permission.userId)?.userName ?? permission.userId },
    ]);
  tx.claim("Permission", other);
}
