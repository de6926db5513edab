import { Field, InputType } from "type-graphql";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { refuseTaken } from "../input.ts";
import { permit, type Caller } from "./caller.ts";
import { checkPassword, hashPassword, keepPassword } from "./passwords.ts";
import { checkUserName, INTERNAL_PROFILE, nameKeyOf } from "./userNames.ts";
import { checkRoles } from "./userRules.ts";

@InputType()
export class AddUserInput {
  @Field({ description: "With or without `@internal`." }) userName: string;
  @Field({ description: "At least 8 characters." }) password: string;
  @Field(() => [String], { description: "oVirt's predefined roles." }) roles: string[];
  @Field({ nullable: true, description: "Given name." }) name?: string;
  @Field({ nullable: true, description: "Family name." }) lastName?: string;
  @Field({ nullable: true, description: "Mail address." }) email?: string;
}

/** Throws INVALID, CONFLICT (name taken). */
export async function addUser(
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddUserInput },
): Promise<Outcome<"User">> {
  permit(caller, "MANIPULATE_USERS");
  const passwordHash = await hashPassword(checkPassword(input.password));
  return command(engine, caller, request, {
    verb: "addUser",
    kind: "User",
    input,
    decide: (tx) => {
      const { name = "", lastName = "", email = "" } = input;
      const userName = checkUserName(input.userName);
      const nameKey = nameKeyOf(userName);
      refuseTaken(tx.snapshot.by("User", "nameKey", nameKey), "input.userName");
      const names = { userName, nameKey, profile: INTERNAL_PROFILE, name, lastName, email };
      const entity = tx.insert("User", { ...names, roles: checkRoles(input.roles), createdAt: tx.now });
      tx.also(keepPassword(entity.id, passwordHash));
      tx.event(auditEvent("USER_ADD", `User ${userName} was added by ${caller.userName}.`));
      return { entity };
    },
  });
}
