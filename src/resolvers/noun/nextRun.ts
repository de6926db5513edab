import { Field, FieldResolver, ObjectType, Root, type ClassType } from "type-graphql";
import type { Declaration } from "../../domain/noun/declaration.ts";
import { waitingColumns, type Planned } from "../../domain/noun/nextRun.ts";
import { classNamed, type Method } from "./method.ts";

/** Of a noun with columns that cannot change while it runs: what waits until it is down. */
export function nextRunField({ kind, words, columns }: Declaration): Method[] {
  if (!columns.some(({ name }) => name === ("nextRunValues" satisfies keyof Planned))) return [];
  const type = nextRunType(kind, words, columns);
  return [
    {
      name: "nextRun",
      parameters: [Root()],
      decorate: FieldResolver(() => type, {
        nullable: true,
        description: "What was changed while it ran, and holds from its next run on; null when nothing waits.",
      }),
      run: ({ nextRunValues }: Planned) => nextRunValues && { ...nextRunValues, fields: Object.keys(nextRunValues).toSorted() },
    },
  ];
}

function nextRunType(kind: string, words: string, columns: Declaration["columns"]): ClassType {
  const type = classNamed(`${kind}NextRun`);
  ObjectType({
    description: `What of a ${words} waits for its next run. A field that is not in \`fields\` is null here and stays as it is.`,
  })(type);
  Field(() => [String], { description: "Names of those that will change; one that is null here and named will be null." })(
    type.prototype as object,
    "fields",
  );
  for (const { name, description, type: shown } of waitingColumns({ columns }))
    Field(shown as () => typeof String, { nullable: true, description })(type.prototype as object, name);
  return type;
}
