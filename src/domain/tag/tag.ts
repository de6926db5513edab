import { Id, Name, Reference, Text, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";

@Noun<Tag>({
  description: "A word by which objects are grouped; tags stand in a tree.",
  unique: [["name"]],
  within: "parentId",
  open: () => true,
  rights: { add: "TAG_MANAGEMENT", update: "TAG_MANAGEMENT", remove: "TAG_MANAGEMENT" },
  ovirt: {
    "AssignedTagsService.add": { as: "updateVm", why: "The tags of an object are a column of it: `tagIds`." },
    "AssignedTagService.remove": { as: "updateVm" },
    "Tag.host": { as: "hosts", why: "A tag may be on many." },
    "Tag.vm": { as: "vms", why: "A tag may be on many." },
    "Tag.user": { as: "users", why: "A tag may be on many." },
    "Tag.template": { as: "templates", why: "A tag may be on many." },
    "Tag.group": { as: "groups", why: "A tag may be on many." },
    "AssignedTagsService.list": { as: "Vm.tags" },
  },
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
