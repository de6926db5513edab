import { Id, Reference, Text, Version } from "../noun/columns.ts";
import type { InventoryKind } from "../kinds.ts";
import { opaque, text } from "../inventory/search/table.ts";
import { may } from "./rights.ts";
import { Group } from "./group.ts";
import { nameOfRole } from "./roles.ts";
import { Noun } from "../noun/declaration.ts";
import { User } from "./user.ts";

@Noun<Permission>({
  description: "A role that somebody has on an object and on what is a part of it, or on the whole system.",
  words: "permission",
  ovirt: {
    "AssignedPermissionsService.add": { as: "addPermission", why: "The input names the object." },
    ...Object.fromEntries(
      ["dataCenter", "cluster", "host", "storageDomain", "vm", "template", "disk"].map((link) => [
        `Permission.${link}`,
        { as: "object", why: "It is on one object, of whatever kind." },
      ]),
    ),
  },
  search: {
    called: ({ id }) => id,
    fields: {
      role: text(({ roleId }, snapshot) => nameOfRole(snapshot, roleId)),
      kind: text(({ objectKind }) => objectKind),
      object: opaque(({ objectId }) => objectId),
    },
  },
  visible: (row, viewer, snapshot) =>
    (row.userId !== null && row.userId === viewer.grants.userId) ||
    (row.groupId !== null && viewer.grants.groups.includes(row.groupId)) ||
    may(viewer, "MANIPULATE_PERMISSIONS", snapshot, { kind: "Permission", row }),
  alsoWithin: ({ objectKind, objectId }) => (objectId === null ? [] : [{ kind: objectKind as InventoryKind, id: objectId }]),
})
export class Permission {
  @Id() id: string;
  @Version() version: number;
  @Reference(() => User, "Whose it is; null = a group's.", {
    nullable: true,
    back: "permissions",
    few: true,
    backDescription: "The roles that he has.",
    onRemove: "cascade",
    seen: true,
  })
  userId: string | null;
  @Reference(() => Group, "The group whose members have it; null = a user's.", {
    nullable: true,
    back: "permissions",
    few: true,
    backDescription: "The roles that its members have by it.",
    onRemove: "cascade",
    seen: true,
  })
  groupId: string | null;
  @Text("The role.", { hidden: true, length: 36, index: true }) roleId: string;
  @Text("Kind of the object; null = the system.", { hidden: true, nullable: true, length: 40 }) objectKind: string | null;
  @Text("The object; null = the system.", { hidden: true, nullable: true, length: 36, index: true }) objectId: string | null;
}
