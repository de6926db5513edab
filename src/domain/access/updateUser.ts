import { Field, InputType, Int } from "type-graphql";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { expectVersion, patchOf } from "../input.ts";
import { permit, type Caller } from "./caller.ts";
import { checkPassword, hashPassword, keepPassword } from "./passwords.ts";
import { endSessionsOf } from "./sessions.ts";
import { checkRoles, keepOneSuperUser } from "./userRules.ts";

@InputType()
export class UpdateUserInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true, description: "Ends the user's sessions." }) password?: string;
  @Field(() => [String], { nullable: true, description: "oVirt's predefined roles." }) roles?: string[];
  @Field({ nullable: true, description: "Given name." }) name?: string;
  @Field({ nullable: true, description: "Family name." }) lastName?: string;
  @Field({ nullable: true, description: "Mail address." }) email?: string;
}
type UpdateUser = Request & { id: string; input: UpdateUserInput };

/** Throws NOT_FOUND, INVALID, CONFLICT (version; the last SuperUser must stay one). */
export async function updateUser(engine: Engine, caller: Caller, { id, input, ...request }: UpdateUser): Promise<Outcome<"User">> {
  permit(caller, "MANIPULATE_USERS");
  const passwordHash = typeof input.password === "string" ? await hashPassword(checkPassword(input.password)) : null;
  return command(engine, caller, request, {
    verb: "updateUser",
    kind: "User",
    input: { id, input },
    decide: (tx) => {
      const user = tx.need("User", id);
      expectVersion(user, input.version);
      const patch = patchOf(input, ["name", "lastName", "email", "roles"]);
      if (patch.roles) checkRoles(patch.roles);
      if (patch.roles && !patch.roles.includes("SuperUser")) keepOneSuperUser(tx, user);
      const entity = tx.update("User", user, patch);
      if (passwordHash !== null) {
        tx.also(keepPassword(id, passwordHash));
        endSessionsOf(tx, id);
        tx.event(auditEvent("USER_PASSWORD_CHANGED", `The password of ${user.userName} was changed by ${caller.userName}.`));
      }
      return { entity };
    },
  });
}
