import { Text } from "./columns.ts";

/** What people write on an object: shared by the nouns that have it. */
export class Labels {
  @Text("What it is for.", { set: "always", default: "", search: true }) description: string;
  @Text("Remark of the administrator.", { set: "always", default: "", search: true }) comment: string;
}
