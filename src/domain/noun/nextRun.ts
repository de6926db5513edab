import { isDeepStrictEqual } from "node:util";
import { updatable } from "./inputs.ts";
import { Value, type Column } from "./columns.ts";
import type { Declaration } from "./declaration.ts";

type Values = Readonly<Record<string, unknown>>;

/** What is to hold from the next run on, of an object that runs. */
export class Planned {
  @Value(() => Object, "What its columns will hold once it is down, by name; null when nothing waits.", { nullable: true, hidden: true })
  nextRunValues: Values | null;
}

/** Columns that wait for the next run while it runs. */
export const waitingColumns = (declaration: Pick<Declaration, "columns">): Column[] =>
  updatable(declaration).filter(({ set }) => set === "nextRun");

/** A row as it will be at its next start. */
export const withNextRun = <R extends object>(row: R): R => ({ ...row, ...(row as Partial<Planned>).nextRunValues });

/** What becomes of a row that goes down: what waited holds now. */
export const nextRunOf = ({ nextRunValues }: Planned): Values => (nextRunValues === null ? {} : { ...nextRunValues, nextRunValues: null });

/** A row as it was asked for, with what has to wait put aside. `before` is as it is now. */
export function heldForNextRun<R extends object>(declaration: Declaration, wanted: R, before: R): R {
  const row = { ...wanted } as Record<string, unknown>;
  const waiting: Record<string, unknown> = {};
  for (const { name } of waitingColumns(declaration)) {
    const now = (before as Values)[name];
    if (!isDeepStrictEqual(row[name], now)) waiting[name] = row[name];
    row[name] = now;
  }
  return { ...row, nextRunValues: Object.keys(waiting).length === 0 ? null : waiting } as unknown as R;
}

/** Whether all that is asked for holds at once: a template, which has the same columns, never runs. */
export function isAtRest({ columns }: Pick<Declaration, "columns">, { status }: { status?: string }): boolean {
  const states = columns.find(({ name }) => name === "status")?.type();
  return status === "DOWN" || !Object.hasOwn((states ?? {}) as object, "DOWN");
}
