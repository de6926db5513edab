import type { Action, Noun } from "./noun.ts";
import type { Whole } from "./documents.ts";
import type { Mutation } from "./schema.ts";

/** All buttons of an object, in their order: its own, then to edit and to remove it. */
export function actionsOf<It extends Whole>({
  kind,
  one,
  called,
  short = one,
  actions = [],
  form,
  update,
  remove,
}: Noun<any, any, It>): readonly Action<It>[] {
  const shared: Action<It>[] = [];
  if (form && update !== null) shared.push({ verb: "update", mutation: update ?? (`update${kind}` as Mutation), label: "Edit" });
  if (remove)
    shared.push({
      verb: "remove",
      mutation: `remove${kind}` as Mutation,
      label: "Remove",
      ask: { title: (it) => `Remove ${short} ${called?.(it) ?? it.name}?`, danger: true, ...remove },
    });
  return [...actions, ...shared];
}
