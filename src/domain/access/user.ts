import { Index } from "typeorm";
import { atOnce, Id, Instant, Text, Version } from "../noun/columns.ts";
import { Noun } from "../noun/declaration.ts";
import { hasAnywhere } from "./grants.ts";
import { checkUserName, INTERNAL_PROFILE } from "./userNames.ts";

@Noun<User>({
  description: "A person or a program that logs in.",
  words: "user",
  visible: ({ id }, { grants }) => id === grants.userId || hasAnywhere(grants, "MANIPULATE_PERMISSIONS"),
  rights: { add: "MANIPULATE_USERS", update: "MANIPULATE_USERS", remove: "MANIPULATE_USERS" },
})
@Index("uq_user_name", ["userName"], { unique: true })
@Index("uq_user_nameKey", ["nameKey"], { unique: true })
export class User {
  @Id() id: string;
  @Version() version: number;
  @Text("With its directory: `admin@internal`.", { set: "add", index: true, check: checkUserName }) userName: string;
  @Text("What it has in common with names that people take for the same.", { hidden: true, index: true }) nameKey: string;
  @Text("Directory that knows the password.", { hidden: true, default: INTERNAL_PROFILE }) profile: string;
  @Text("Given name.", { set: "always", default: "" }) name: string;
  @Text("Family name.", { set: "always", default: "" }) lastName: string;
  @Text("Mail address.", { set: "always", default: "" }) email: string;
  @Instant("When the user was made.", { hidden: true, default: atOnce }) createdAt: Date;
}
