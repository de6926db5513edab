import { LRUCache } from "lru-cache";
import type { Snapshot } from "../inventory/snapshot.ts";
import { PERMITS, type Permit } from "./permits.ts";
import { EVERYONE_ID } from "./everyone.ts";
import { roleIn } from "./roles.ts";

/** What somebody may, compiled from his permissions: as good as the snapshot it was compiled from. */
export interface Grants {
  /** Whose they are; null = the engine's own. */
  readonly userId: string | null;
  /** On everything. */
  readonly system: ReadonlySet<Permit>;
  /** On single objects and what is a part of them, by id. */
  readonly objects: ReadonlyMap<string, Grant>;
  /** Ids of the groups that give him some of it. */
  readonly groups: readonly string[];
  /** Everything is visible. */
  readonly seesAll: boolean;
  /** The same for those who see all and may the same; of one who does not see all it is his own. */
  readonly key: string;
}
interface Grant {
  readonly kind: string;
  readonly permits: ReadonlySet<Permit>;
  /** What is a part of the object is visible too. */
  readonly showsParts: boolean;
}

/** The engine's own. */
export const ALL_GRANTS: Grants = {
  userId: null,
  system: new Set(Object.keys(PERMITS) as Permit[]),
  objects: new Map(),
  groups: [],
  seesAll: true,
  key: "system",
};

/** Of all users' grants together, about; a role on an object takes so much of it. */
const KEPT_BYTES = 8 * 1024 * 1024;
const GRANT_BYTES = 300;
/** Kinds that decide what somebody may. */
const DECIDING = ["Permission", "Role", "Group"] as const;
export const decidesRights = (kind: string): boolean => (DECIDING as readonly string[]).includes(kind);
type Kept = LRUCache<string, Grants>;
/** By what those were: what was compiled of a moment that nobody looks at any more goes with it. */
const compiled = new WeakMap<object, WeakMap<object, WeakMap<object, Kept>>>();
function keptFor(snapshot: Snapshot): Kept {
  const [permissions, roles, groups] = DECIDING.map((kind) => snapshot.stamp(kind)) as [object, object, object];
  const byRoles = ensure(compiled, permissions, () => new WeakMap<object, WeakMap<object, Kept>>());
  const byGroups = ensure(byRoles, roles, () => new WeakMap<object, Kept>());
  const size = ({ objects, groups: ids }: Grants) => GRANT_BYTES * (1 + objects.size + ids.length);
  return ensure(byGroups, groups, () => new LRUCache<string, Grants>({ maxSize: KEPT_BYTES, sizeCalculation: size }));
}
function ensure<V>(map: WeakMap<object, V>, key: object, make: () => V): V {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Compiled once for as long as no permission, role or group changes. */
export function grantsOf(snapshot: Snapshot, userId: string): Grants {
  const kept = keptFor(snapshot);
  const grants = kept.get(userId) ?? compile(snapshot, userId);
  kept.set(userId, grants);
  return grants;
}

/** Groups that somebody is in, by himself, by another group, or because everyone is. */
function groupsOf(snapshot: Snapshot, userId: string): string[] {
  const found = new Set([EVERYONE_ID]);
  const add = (groups: readonly { id: string }[]): void => {
    for (const { id } of groups) {
      if (found.has(id)) continue;
      found.add(id);
      add(snapshot.by("Group", "memberGroupIds", id));
    }
  };
  add(snapshot.by("Group", "userIds", userId));
  return [...found];
}

function compile(snapshot: Snapshot, userId: string): Grants {
  const groups = groupsOf(snapshot, userId);
  const given = [snapshot.by("Permission", "userId", userId), ...groups.map((id) => snapshot.by("Permission", "groupId", id))].flat();
  const system = new Set<Permit>();
  const objects = new Map<string, Grant>();
  const keys = new Set<string>();
  let seesAll = false;
  for (const { roleId, objectKind, objectId } of given) {
    const role = roleIn(snapshot, roleId);
    if (!role) continue;
    keys.add(`${roleId}.${role.version}@${objectId ?? ""}`);
    if (objectId === null || objectKind === null) {
      for (const permit of role.permits) system.add(permit);
      seesAll ||= role.allowsViewingChildren;
      continue;
    }
    const before = objects.get(objectId);
    objects.set(objectId, {
      kind: objectKind,
      permits: new Set([...(before?.permits ?? []), ...role.permits]),
      showsParts: role.allowsViewingChildren || (before?.showsParts ?? false),
    });
  }
  const roles = [...keys].toSorted().join(",");
  return { userId, system, objects, groups, seesAll, key: seesAll ? roles : `${userId}:${groups.toSorted().join()}:${roles}` };
}

/** Whether a role anywhere has the permit. */
export const hasAnywhere = ({ system, objects }: Grants, permit: Permit): boolean =>
  system.has(permit) || [...objects.values()].some(({ permits }) => permits.has(permit));

/** Whoever may not is as good as logged out, whatever token he has. */
export const mayLogIn = (grants: Grants): boolean => hasAnywhere(grants, "LOGIN");
