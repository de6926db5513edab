import type { InventoryKind, RowOf } from "../kinds.ts";
import { declarationOf, type Declaration } from "./declaration.ts";
import { defaultAdd, defaultRemove, defaultUpdate, type Ways } from "./defaults.ts";
import type { AnyVerb } from "./verb.ts";

/** A noun with all that can be asked of it. */
export interface AnyNoun extends Declaration {
  readonly verbs: readonly AnyVerb[];
}
interface Verbs {
  /** In place of the usual one. */
  add?: AnyVerb;
  update?: AnyVerb;
  remove?: AnyVerb;
  /** Beside them. */
  verbs?: readonly AnyVerb[];
}
type KindOf<R> = { [K in InventoryKind]: RowOf<K> extends Readonly<R> ? (Readonly<R> extends RowOf<K> ? K : never) : never }[InventoryKind];

/** A declared class with its verbs: add, update and remove as they usually are, unless it says otherwise or names no right for them. */
export function nounOf<R extends object>(entity: new () => R, ways: Ways<KindOf<R>> & Verbs = {}): AnyNoun {
  const { add, update, remove, verbs = [], ...hooks } = ways;
  const kind = entity.name as KindOf<R>;
  const all = [add ?? defaultAdd(kind, hooks), update ?? defaultUpdate(kind, hooks), remove ?? defaultRemove(kind, hooks), ...verbs];
  return { ...declarationOf(kind), verbs: all.filter((each) => each !== null) };
}
