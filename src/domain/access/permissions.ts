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
import { isRole, roleOf } from "./roles.ts";
import { keepOneSuperUser, requireMayGive } from "./systemRoles.ts";

@InputType({ description: "A role for somebody on an object; on the whole system when neither kind nor id is given." })
class AddPermissionInput {
  @Field(() => ID, { description: "Who gets it." }) userId: string;
  @Field(() => ID, { description: "The role, as `roles` has it." }) roleId: string;
  @Field(() => EntityKind, { nullable: true, description: "Kind of the object." }) objectKind?: keyof typeof EntityKind | null;
  @Field(() => ID, { nullable: true, description: "The object." }) objectId?: string | null;
}

/** As in oVirt; what is a part of these has no roles of its own. */
const KINDS_WITH_ROLES = [
  "DataCenter",
  "Cluster",
  "Host",
  "StorageDomain",
  "Network",
  "VnicProfile",
  "Template",
  "Vm",
  "Disk",
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
    const { userId, roleId } = given.input;
    if (!isRole(roleId)) throw invalid("input.roleId", "There is no such role.", "ROLE");
    requireMayGive(given.caller, roleId);
    const place = objectOf(given);
    const user = needNamed(given.seen, "User", { id: userId, path: "input.userId" });
    const objectId = place?.row.id ?? null;
    const same = tx.snapshot.by("Permission", "userId", userId).some((other) => other.roleId === roleId && other.objectId === objectId);
    if (same) throw refusedAt("input.roleId", "CONFLICT", { code: "DUPLICATE", message: `${user.userName} has this role there already.` });
    // An object that is removed at this moment takes the rights on it along.
    if (place) tx.claim(place.kind, place.row as RowOf<typeof place.kind>);
    const entity = tx.insert("Permission", { userId, roleId, objectKind: place?.kind ?? null, objectId });
    const words = `${user.userName} was given the role ${roleOf(roleId).name} on ${objectName(place)} by ${given.caller.userName}.`;
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
    requireMayGive(caller, entity.roleId);
    keepOneSuperUser(tx, entity);
    tx.remove("Permission", entity);
    const place = placeOf(tx.snapshot, entity);
    const name = tx.get("User", entity.userId)?.userName ?? entity.userId;
    const words = `The role ${roleOf(entity.roleId).name} on ${objectName(place)} was taken from ${name} by ${caller.userName}.`;
    const links = place ? linksOf(tx.snapshot, place) : {};
    tx.event(auditEvent(place ? "USER_REMOVE_PERMISSION" : "USER_REMOVE_SYSTEM_PERMISSION", words, links));
    return { entity };
  },
});

export const permission = nounOf(Permission, { add: addPermission, remove: removePermission });
