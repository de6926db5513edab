import type { Snapshot } from "../snapshot.ts";
import type { ListedKind } from "../../kinds.ts";
import { behindReference, type Search } from "./search.ts";
import { EventTable } from "./events.ts";
import type { Condition } from "./parser.ts";
import { numberOf, testOf, timeRangeOf } from "./value.ts";

/** A condition for the database, on the columns of `item`. */
export interface Pushed {
  sql: string;
  parameters: Record<string, unknown>;
}
type Compare = Condition & { kind: "compare" };

/** Beyond it a list of ids is longer than what it saves. */
const MAX_IDS = 500;
const COLUMNS: Partial<Record<ListedKind, string>> = {
  Vm: "vmId",
  Host: "hostId",
  Cluster: "clusterId",
  DataCenter: "dataCenterId",
  Template: "templateId",
  User: "userId",
  StorageDomain: "storageDomainId",
};

/**
 * What of a search for events the database can decide by itself, so that fewer rows are read. What is pushed must hold for
 * every event that the search finds; whether it is found is still for the search to say.
 */
export function pushedDown({ condition }: Pick<Search, "condition">, snapshot: Snapshot): Pushed[] {
  const parts = condition?.kind === "and" ? condition.parts : condition ? [condition] : [];
  return parts.flatMap((part, index) => (part.kind === "compare" ? (pushed(part, snapshot, `p${index}`) ?? []) : []));
}

function pushed(part: Compare, snapshot: Snapshot, name: string): Pushed | null {
  const behind = behindReference("Event", part);
  if (behind) return part.operator === "!=" ? null : ofReference(behind, snapshot, name);
  if (part.field === "severity") return ofSeverity(part, name);
  if (part.field === "code" || part.field === "type")
    return { sql: `item.code ${part.operator} :${name}`, parameters: { [name]: numberOf(part, 1) } };
  if (part.field === "time") return ofTime(part, name);
  if (part.field === "name" && /^[\w.-]+$/.test(part.value) && part.operator === "=")
    return { sql: `LOWER(item.name) = :${name}`, parameters: { [name]: part.value.toLowerCase() } };
  return null;
}

const among = (column: string, values: readonly string[], name: string): Pushed =>
  values.length === 0 ? { sql: "1 = 0", parameters: {} } : { sql: `item.${column} IN (:...${name})`, parameters: { [name]: values } };

function ofSeverity(part: Compare, name: string): Pushed | null {
  const field = EventTable.fields["severity"]!;
  if (field.type !== "state" || part.operator === "!=") return null;
  const fits = testOf(field, part);
  return among("severity", field.states.filter(fits), name);
}

function ofTime({ operator, ...written }: Compare, name: string): Pushed | null {
  const { from, to } = timeRangeOf(written);
  const [first, last] = [`:${name}a`, `:${name}b`];
  const sql = {
    "=": `item.time >= ${first} AND item.time < ${last}`,
    "<": `item.time < ${first}`,
    "<=": `item.time < ${last}`,
    ">": `item.time >= ${last}`,
    ">=": `item.time >= ${first}`,
    "!=": null,
  }[operator];
  return sql === null ? null : { sql, parameters: { [`${name}a`]: new Date(from), [`${name}b`]: new Date(to) } };
}

/** Who is meant is looked up among those there are: of what is gone nothing is known by which it could be found. */
function ofReference({ kind, fits }: NonNullable<ReturnType<typeof behindReference>>, snapshot: Snapshot, name: string): Pushed | null {
  const column = COLUMNS[kind];
  if (column === undefined) return null;
  const ids: string[] = [];
  for (const row of snapshot.all(kind)) {
    if (fits(row, snapshot)) ids.push(row.id);
    if (ids.length > MAX_IDS) return null;
  }
  return among(column, ids, name);
}
