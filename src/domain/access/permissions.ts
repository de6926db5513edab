import { Field, ID, InputType } from "type-graphql";
import { invalid, refusedAt } from "../../errors.ts";
import { auditEvent } from "../event/codes.ts";
import { EntityKind, type InventoryKind, type RowOf } from "../kinds.ts";
import { linksOf } from "../noun/defaults.ts";
import { needNamed } from "../input.ts";
import { nounOf } from "../noun/noun.ts";
import { addition, verb, type Given } from "../noun/verb.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import { Permission } from "./permission.ts";
import type { Place } from "./rights.ts";
import { nameOfRole, roleIn } from "./roles.ts";
import { keepOneSuperUser, requireMayGive } from "./systemRoles.ts";

@InputType({ description: "A role for somebody on an object; on the whole system when neither kind nor id is given." })
class AddPermissionInput {
  @Field(() => ID, { nullable: true, description: "The user who gets it; null when a group gets it." }) userId?: string | null;
  @Field(() => ID, { nullable: true, description: "The group whose members get it." }) groupId?: string | null;
  @Field(() => ID, { description: "The role, as `roles` has it." }) roleId: string;
  @Field(() => EntityKind, { nullable: true, description: "Kind of the object." }) objectKind?: keyof typeof EntityKind | null;
  @Field(() => ID, { nullable: true, description: "The object." }) objectId?: string | null;
}

/** As in oVirt; what is a part of these has no roles of its own. */
export const KINDS_WITH_ROLES = [
  "DataCenter",
  "Cluster",
  "Host",
  "StorageDomain",
  "Network",
  "VnicProfile",
  "Template",
  "Vm",
  "Disk",
  "CpuProfile",
  "DiskProfile",
  "MacPool",
] as const satisfies InventoryKind[];

/** Throws NOT_FOUND, INVALID. */
function objectOf({ input: { objectKind, objectId }, seen }: Given<AddPermissionInput>): Place | null {
  if (!objectKind && !objectId) return null;
  if (!objectKind || !objectId) throw invalid("input", "Kind and id of the object, or neither of them.", "OBJECT");
  if (!(KINDS_WITH_ROLES as readonly string[]).includes(objectKind))
    throw invalid("input.objectKind", "A kind of object on which roles can be given.", "OBJECT");
  const kind = objectKind as (typeof KINDS_WITH_ROLES)[number];
  return { kind, row: needNamed(seen, kind, { id: objectId, path: "input.objectId" }) };
}

interface Holder {
  userId: string | null;
  groupId: string | null;
  name: string;
}
/** Throws NOT_FOUND, INVALID. */
function holderOf({ input: { userId, groupId }, seen }: Given<AddPermissionInput>): Holder {
  if ((userId ?? null) === null) {
    if ((groupId ?? null) === null) throw invalid("input.userId", "A user, or a group.", "HOLDER");
    return { userId: null, groupId: groupId!, name: needNamed(seen, "Group", { id: groupId!, path: "input.groupId" }).name };
  }
  if ((groupId ?? null) !== null) throw invalid("input.groupId", "A user or a group, not both.", "HOLDER");
  return { userId: userId!, groupId: null, name: needNamed(seen, "User", { id: userId!, path: "input.userId" }).userName };
}
const rolesOf = (snapshot: Snapshot, { userId, groupId }: Holder) =>
  userId === null ? snapshot.by("Permission", "groupId", groupId) : snapshot.by("Permission", "userId", userId);

const objectName = (place: Place | null) => (place ? ((place.row as { name?: string }).name ?? place.row.id) : "the system");
const placeOf = (snapshot: Snapshot, { objectKind, objectId }: RowOf<"Permission">): Place | null => {
  const row = objectId === null ? undefined : snapshot.get(objectKind as InventoryKind, objectId);
  return row ? { kind: objectKind as InventoryKind, row } : null;
};

const addPermission = addition<"Permission", AddPermissionInput>({
  name: "addPermission",
  on: "Permission",
  permit: "MANIPULATE_PERMISSIONS",
  risk: "REVERSIBLE",
  description: "Gives somebody a role on an object and on what is a part of it, or on the whole system.",
  input: AddPermissionInput,
  within: objectOf,
  decide: (tx, given) => {
    const { roleId } = given.input;
    const role = roleIn(tx.snapshot, roleId);
    if (!role) throw invalid("input.roleId", "There is no such role.", "ROLE");
    requireMayGive(tx, given.caller, roleId);
    const place = objectOf(given);
    const whose = holderOf(given);
    const objectId = place?.row.id ?? null;
    const same = rolesOf(tx.snapshot, whose).some((other) => other.roleId === roleId && other.objectId === objectId);
    if (same) throw refusedAt("input.roleId", "CONFLICT", { code: "DUPLICATE", message: `${whose.name} has this role there already.` });
    const made = tx.get("Role", roleId);
    if (made?.mutable) tx.claim("Role", made);
    // An object that is removed at this moment takes the rights on it along.
    if (place) tx.claim(place.kind, place.row as RowOf<typeof place.kind>);
    const { userId, groupId } = whose;
    const entity = tx.insert("Permission", { userId, groupId, roleId, objectKind: place?.kind ?? null, objectId });
    const words = `${whose.name} was given the role ${role.name} on ${objectName(place)} by ${given.caller.userName}.`;
    const links = place ? linksOf(tx.snapshot, place) : {};
    tx.event(auditEvent(place ? "USER_ADD_PERMISSION" : "USER_ADD_SYSTEM_PERMISSION", words, links));
    return { entity };
  },
});

const removePermission = verb({
  name: "removePermission",
  on: "Permission",
  permit: "MANIPULATE_PERMISSIONS",
  risk: "REVERSIBLE",
  done: "removed",
  description: "Takes a role from somebody. What he does no longer see is told to him as deleted.",
  decide: (tx, entity, { caller }) => {
    requireMayGive(tx, caller, entity.roleId);
    keepOneSuperUser(tx, entity);
    tx.remove("Permission", entity);
    const place = placeOf(tx.snapshot, entity);
    const name = tx.get("User", entity.userId)?.userName ?? tx.get("Group", entity.groupId)?.name ?? entity.id;
    const words = `The role ${nameOfRole(tx.snapshot, entity.roleId)} on ${objectName(place)} was taken from ${name} by ${caller.userName}.`;
    const links = place ? linksOf(tx.snapshot, place) : {};
    tx.event(auditEvent(place ? "USER_REMOVE_PERMISSION" : "USER_REMOVE_SYSTEM_PERMISSION", words, links));
    return { entity };
  },
});

export const permission = nounOf(Permission, { add: addPermission, remove: removePermission });
