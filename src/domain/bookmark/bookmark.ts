import { checkSearch } from "../inventory/search/search.ts";
import { Id, Name, Text, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { nounOf } from "../noun/noun.ts";

@Noun<Bookmark>({
  description: "A search that is kept under a name, for everybody.",
  unique: [["name"]],
  open: () => true,
  rights: { add: "BOOKMARK_MANAGEMENT", update: "BOOKMARK_MANAGEMENT", remove: "BOOKMARK_MANAGEMENT" },
  events: { add: "USER_ADD_BOOKMARK", update: "USER_UPDATE_BOOKMARK", remove: "USER_REMOVE_BOOKMARK" },
})
export class Bookmark {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Text("What is searched for, with its kind: `Vms: status = up`.", { set: "always", search: true, length: 2_000, check: checkSearch })
  value: string;
}

export const bookmark = nounOf(Bookmark);
