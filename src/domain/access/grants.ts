import type { Snapshot } from "../inventory/snapshot.ts";
import type { InventoryKind } from "../kinds.ts";
import { PERMITS, type Permit } from "./permits.ts";
import { roleOf } from "./roles.ts";

/** What somebody may, compiled from his permissions: as good as the snapshot it was compiled from. */
export interface Grants {
  /** On everything. */
  readonly system: ReadonlySet<Permit>;
  /** On single objects and what is a part of them, by id. */
  readonly objects: ReadonlyMap<string, Grant>;
  /** Everything is visible. */
  readonly seesAll: boolean;
  /** Equal for those who may exactly the same: part of every key under which answers are shared. */
  readonly key: string;
}
interface Grant {
  readonly kind: InventoryKind;
  readonly permits: ReadonlySet<Permit>;
  /** What is a part of the object is visible too. */
  readonly showsParts: boolean;
}

/** The engine's own. */
export const ALL_GRANTS: Grants = { system: new Set(Object.keys(PERMITS) as Permit[]), objects: new Map(), seesAll: true, key: "system" };

export function grantsOf(snapshot: Snapshot, userId: string): Grants {
  const given = snapshot.by("Permission", "userId", userId);
  const system = new Set<Permit>();
  const objects = new Map<string, Grant>();
  let seesAll = false;
  for (const { roleId, objectKind, objectId } of given) {
    const { permits, allowsViewingChildren } = roleOf(roleId);
    if (objectId === null) {
      for (const permit of permits) system.add(permit);
      seesAll ||= allowsViewingChildren;
      continue;
    }
    const before = objects.get(objectId);
    objects.set(objectId, {
      kind: objectKind as InventoryKind,
      permits: new Set([...(before?.permits ?? []), ...permits]),
      showsParts: allowsViewingChildren || (before?.showsParts ?? false),
    });
  }
  const key = given.map(({ roleId, objectId }) => `${roleId}@${objectId ?? ""}`);
  return { system, objects, seesAll, key: [...new Set(key)].toSorted().join(",") };
}

/** Whether a role anywhere has the permit. */
export const hasAnywhere = ({ system, objects }: Grants, permit: Permit): boolean =>
  system.has(permit) || [...objects.values()].some(({ permits }) => permits.has(permit));
