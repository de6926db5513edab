import { Flag, Id, Name, Text, Value, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { checkPermits } from "./permits.ts";

@Noun<Role>({
  description: "Permits under a name. oVirt's predefined ones are always there, and cannot be changed.",
  unique: [["name"]],
  open: () => true,
  rights: { add: "MANIPULATE_ROLES", update: "MANIPULATE_ROLES", remove: "MANIPULATE_ROLES" },
  events: { add: "USER_ADD_ROLE", update: "USER_UPDATE_ROLE", remove: "USER_REMOVE_ROLE" },
  ovirt: {
    "PermitsService.add": { as: "updateRole", why: "The permits of a role are a column of it." },
    "PermitService.remove": { as: "updateRole" },
  },
})
export class Role {
  @Id() id: string;
  @Version() version: number;
  @Name("Unique.") name: string;
  @Text("What it is for.", { set: "always", default: "", search: true }) description: string;
  @Flag("For administrators: only a SuperUser gives and takes it.", { set: "add", default: false, search: true }) administrative: boolean;
  @Flag("Whether who has it on an object sees what is a part of it too.", { set: "always", default: true }) allowsViewingChildren: boolean;
  @Value(() => [String], "Names of what it allows; permits for administrators only in a role for administrators.", {
    set: "always",
    check: checkPermits,
  })
  permitNames: string[];
  @Flag("Whether it can be changed and removed.", { default: true }) mutable: boolean;
}
