import { Id, Name, Reference, Text, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { nounOf } from "../noun/noun.ts";

@Noun<Tag>({
  description: "A word by which objects are grouped; tags stand in a tree.",
  unique: [["name"]],
  within: "parentId",
  open: () => true,
  rights: { add: "TAG_MANAGEMENT", update: "TAG_MANAGEMENT", remove: "TAG_MANAGEMENT" },
  events: { add: "USER_ADD_TAG", update: "USER_UPDATE_TAG", remove: "USER_REMOVE_TAG" },
})
export class Tag {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Text("What it is for.", { set: "always", default: "", search: true }) description: string;
  @Reference(() => Tag, "What it is below; null at the top.", { set: "always", nullable: true, back: "children", onRemove: "cascade" })
  parentId: string | null;
}

export const tag = nounOf(Tag, { says: { remove: "With all tags below it." } });
