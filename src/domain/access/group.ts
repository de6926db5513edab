import { Id, Name, References, Text, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Tagged } from "../tag/tagged.ts";
import { hasAnywhere } from "./grants.ts";
import { EVERYONE_ID } from "./everyone.ts";
import { User } from "./user.ts";

const MEMBERS = { set: "always", back: "groups", few: true, most: 1_000 } as const;

@Noun<Group>({
  description: "Users, and other groups, that get roles together. Everyone is in the group `Everyone`.",
  unique: [["name"]],
  shares: [Tagged],
  open: ({ id }) => id === EVERYONE_ID,
  visible: (group, { grants }) =>
    group.id === EVERYONE_ID || grants.groups.includes(group.id) || hasAnywhere(grants, "MANIPULATE_PERMISSIONS"),
  rights: { add: "MANIPULATE_USERS", update: "MANIPULATE_USERS", remove: "MANIPULATE_USERS" },
  events: { add: "USER_ADD", remove: "USER_REMOVE_AD_GROUP" },
})
export class Group {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Text("What it is for.", { set: "always", default: "", search: true }) description: string;
  @References(() => User, "Its members.", { ...MEMBERS, backDescription: "Groups that he is a member of himself." }) userIds: string[];
  @References(() => Group, "Groups whose members are its members too.", {
    ...MEMBERS,
    back: "memberOf",
    backDescription: "Groups that it is a member of.",
  })
  memberGroupIds: string[];
}
export interface Group extends Tagged {}
