import EventTable from "../activity/EventTable.svelte";
import type { Plain } from "../noun/noun.ts";

export const event: Plain = {
  list: "events",
  one: "event",
  many: "events",
  example: "severity = error and vm = web1",
  table: EventTable,
};
