import { References } from "../noun/columns.ts";
import { Tag } from "./tag.ts";

/** What can be grouped by tags. */
export class Tagged {
  @References(() => Tag, "Words by which it is grouped.", { set: "always", permit: "TAG_MANAGEMENT", back: true }) tagIds: string[];
}
