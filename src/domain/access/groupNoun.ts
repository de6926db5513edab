import { isDeepStrictEqual } from "node:util";
import type { Transaction } from "../../db/unitOfWork.ts";
import { invalid, type Reason } from "../../errors.ts";
import type { RowOf } from "../kinds.ts";
import { nounOf } from "../noun/noun.ts";
import type { Caller } from "./caller.ts";
import { EVERYONE_ID } from "./everyone.ts";
import { Group } from "./group.ts";
import { requirePermit } from "./rights.ts";
import { requireMayGive } from "./systemRoles.ts";

const builtInRefusal = ({ id, name }: RowOf<"Group">): Reason | null =>
  id === EVERYONE_ID ? { code: "EVERYONE", message: `The group ${name} is always there, as it is.` } : null;

export const group = nounOf(Group, {
  says: { update: "Holds at once, for all its members.", remove: "Its members lose the roles that they have by it." },
  unless: builtInRefusal,
  check: (tx, row, { before, caller }) => {
    refuseOwnMember(tx, row);
    if (before && !isDeepStrictEqual(membersOf(row), membersOf(before))) requireMayGiveAll(tx, caller, before);
    if (row.memberGroupIds.includes(EVERYONE_ID)) throw invalid("input.memberGroupIds", "Everyone is a member of no group.", "EVERYONE");
  },
});

const membersOf = ({ userIds, memberGroupIds }: RowOf<"Group">) => [userIds, memberGroupIds];

/** Who makes somebody a member gives him what the group has, and what it has by others. Throws FORBIDDEN. */
function requireMayGiveAll(tx: Transaction, caller: Caller, row: RowOf<"Group">, seen = new Set<string>()): void {
  if (seen.has(row.id)) return;
  seen.add(row.id);
  for (const permission of tx.snapshot.by("Permission", "groupId", row.id)) {
    requirePermit(caller, "MANIPULATE_PERMISSIONS", tx.snapshot, { kind: "Permission", row: permission });
    requireMayGive(tx, caller, permission.roleId);
  }
  for (const above of tx.snapshot.by("Group", "memberGroupIds", row.id)) requireMayGiveAll(tx, caller, above, seen);
}

/** Throws INVALID, reason LOOP. */
function refuseOwnMember(tx: Transaction, { id, memberGroupIds }: RowOf<"Group">): void {
  const seen = new Set<string>();
  const look = (ids: readonly string[]): void => {
    for (const each of ids) {
      if (each === id) throw invalid("input.memberGroupIds", "No group is a member of itself.", "LOOP");
      if (seen.has(each)) continue;
      seen.add(each);
      const below = tx.get("Group", each);
      if (!below) continue;
      // Two that are put into each other at the same time would both be right, each for itself.
      tx.claim("Group", below);
      look(below.memberGroupIds);
    }
  };
  look(memberGroupIds);
}
