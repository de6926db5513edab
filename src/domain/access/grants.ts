import { LRUCache } from "lru-cache";
import type { Snapshot } from "../inventory/snapshot.ts";
import { PERMITS, type Permit } from "./permits.ts";
import { roleOf } from "./roles.ts";

/** What somebody may, compiled from his permissions: as good as the snapshot it was compiled from. */
export interface Grants {
  /** Whose they are; null = the engine's own. */
  readonly userId: string | null;
  /** On everything. */
  readonly system: ReadonlySet<Permit>;
  /** On single objects and what is a part of them, by id. */
  readonly objects: ReadonlyMap<string, Grant>;
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
  seesAll: true,
  key: "system",
};

/** Of all users' grants together, about; a role on an object takes so much of it. */
const KEPT_BYTES = 8 * 1024 * 1024;
const GRANT_BYTES = 300;
/** By what the permissions were: those of a moment that nobody looks at any more go with it. */
const compiled = new WeakMap<object, LRUCache<string, Grants>>();

/** Compiled once for as long as no permission changes. */
export function grantsOf(snapshot: Snapshot, userId: string): Grants {
  const stamp = snapshot.stamp("Permission");
  const known =
    compiled.get(stamp) ?? new LRUCache({ maxSize: KEPT_BYTES, sizeCalculation: ({ objects }) => GRANT_BYTES * (1 + objects.size) });
  compiled.set(stamp, known);
  const grants = known.get(userId) ?? compile(snapshot, userId);
  known.set(userId, grants);
  return grants;
}

function compile(snapshot: Snapshot, userId: string): Grants {
  const given = snapshot.by("Permission", "userId", userId);
  const system = new Set<Permit>();
  const objects = new Map<string, Grant>();
  let seesAll = false;
  for (const { roleId, objectKind, objectId } of given) {
    const { permits, allowsViewingChildren } = roleOf(roleId);
    if (objectId === null || objectKind === null) {
      for (const permit of permits) system.add(permit);
      seesAll ||= allowsViewingChildren;
      continue;
    }
    const before = objects.get(objectId);
    objects.set(objectId, {
      kind: objectKind,
      permits: new Set([...(before?.permits ?? []), ...permits]),
      showsParts: allowsViewingChildren || (before?.showsParts ?? false),
    });
  }
  const roles = [...new Set(given.map(({ roleId, objectId }) => `${roleId}@${objectId ?? ""}`))].toSorted().join(",");
  return { userId, system, objects, seesAll, key: seesAll ? roles : `${userId}:${roles}` };
}

/** Whether a role anywhere has the permit. */
export const hasAnywhere = ({ system, objects }: Grants, permit: Permit): boolean =>
  system.has(permit) || [...objects.values()].some(({ permits }) => permits.has(permit));

/** Whoever may not is as good as logged out, whatever token he has. */
export const mayLogIn = (grants: Grants): boolean => hasAnywhere(grants, "LOGIN");
