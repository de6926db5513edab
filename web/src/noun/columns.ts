import type { Snippet } from "svelte";
import type { Column } from "../lib/ui/DataTable.svelte";
import type { Value } from "./value.ts";

/** A column of a list; where `draw` is not enough, `cell` draws, also by what is watched beside the row. */
export interface NounColumn<Row> extends Column {
  draw?: (row: Row) => Value;
  cell?: Snippet<[Row, any]>;
}
type More = Partial<Column>;

/** The name, which leads to the object's page. */
export const name = (more: More = {}): NounColumn<object> => ({
  key: "name",
  label: "Name",
  least: 110,
  grow: 1.4,
  rank: 0,
  sort: "name",
  ...more,
});
export const status = (more: More = {}): NounColumn<{ status: string; statusDetail?: string | null }> => ({
  key: "status",
  label: "Status",
  least: 128,
  grow: 1,
  rank: 0,
  sort: "status",
  draw: (row) => ({ status: row.status, detail: row.statusDetail }),
  ...more,
});
/** `rank`: where there is little room the columns of the highest ranks are left out. */
export const text = <Row>(label: string, rank: number, draw: (row: Row) => Value, more: More = {}): NounColumn<Row> => ({
  key: label,
  label,
  least: 104,
  grow: 1,
  rank,
  draw,
  ...more,
});
/** A number, a size, a duration. */
export const number = <Row>(label: string, rank: number, draw: (row: Row) => Value, more: More = {}): NounColumn<Row> => ({
  key: label,
  label,
  least: 86,
  rank,
  align: "end",
  draw,
  ...more,
});
/** What text alone does not show. */
export const drawn = <Row>(label: string, rank: number, cell: Snippet<[Row, any]>, more: More = {}): NounColumn<Row> => ({
  key: label,
  label,
  least: 112,
  grow: 1,
  rank,
  cell,
  ...more,
});
