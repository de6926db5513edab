import { Index } from "typeorm";
import { text } from "../inventory/search/table.ts";
import { atOnce, Id, Instant, Text, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { Tagged } from "../tag/tagged.ts";
import { hasAnywhere } from "./grants.ts";
import { systemRolesOf } from "./systemRoles.ts";
import { checkUserName, INTERNAL_PROFILE } from "./userNames.ts";

@Noun<User>({
  description: "A person or a program that logs in.",
  shares: [Tagged],
  visible: ({ id }, { grants }) => id === grants.userId || hasAnywhere(grants, "MANIPULATE_PERMISSIONS"),
  rights: { add: "MANIPULATE_USERS", update: "MANIPULATE_USERS", remove: "MANIPULATE_USERS" },
  search: {
    called: (row) => row.userName,
    fields: { login: text((row) => row.userName.split("@")[0]), role: text(({ id }, snapshot) => systemRolesOf(snapshot, id)) },
  },
})
@Index("uq_user_name", ["userName"], { unique: true })
@Index("uq_user_nameKey", ["nameKey"], { unique: true })
export class User {
  @Id() id: string;
  @Version() version: number;
  @Text("With its directory: `admin@internal`.", { set: "add", index: true, check: checkUserName, search: ["usrname", "user_and_domain"] })
  userName: string;
  @Text("What it has in common with names that people take for the same.", { hidden: true, index: true }) nameKey: string;
  @Text("Directory that knows the password.", { hidden: true, default: INTERNAL_PROFILE, search: "directory" }) profile: string;
  @Text("Given name.", { set: "always", default: "", search: true }) name: string;
  @Text("Family name.", { set: "always", default: "", search: "lastname" }) lastName: string;
  @Text("Mail address.", { set: "always", default: "", search: true }) email: string;
  @Instant("When the user was made.", { hidden: true, default: atOnce }) createdAt: Date;
}
export interface User extends Tagged {}
