import { Field, InputType } from "type-graphql";
import { auditEvent } from "../event/codes.ts";
import { declarationOf } from "../noun/declaration.ts";
import { changedRow } from "../noun/defaults.ts";
import { updateInputOf } from "../noun/inputs.ts";
import { verb } from "../noun/verb.ts";
import { checkPassword, hashPassword, keepPassword } from "./passwords.ts";
import { endSessionsOf } from "./sessions.ts";
import { User } from "./user.ts";
import { keepOneSuperUser } from "./userRules.ts";

@InputType()
class WithNewPassword {
  @Field({ nullable: true, description: "Ends the user's sessions." }) password?: string;
}

/** Throws NOT_FOUND, INVALID, CONFLICT (version; the last SuperUser must stay one). */
export const updateUser = verb({
  name: "updateUser",
  on: "User",
  permit: "MANIPULATE_USERS",
  done: "updated",
  risk: "REVERSIBLE",
  description: "Changes a user; a new password ends his sessions.",
  input: updateInputOf(declarationOf(User.name), WithNewPassword),
  inputRequired: true,
  prepare: async ({ input }) => {
    const { password } = input as WithNewPassword;
    return typeof password === "string" ? hashPassword(checkPassword(password)) : null;
  },
  decide: (tx, user, given) => {
    const row = changedRow(tx, "User", { before: user, given });
    if (!row.roles.includes("SuperUser")) keepOneSuperUser(tx, user);
    const entity = tx.update("User", user, row);
    if (given.prepared !== null) {
      tx.also(keepPassword(user.id, given.prepared));
      endSessionsOf(tx, user.id);
      tx.event(auditEvent("USER_PASSWORD_CHANGED", `The password of ${user.userName} was changed by ${given.caller.userName}.`));
    }
    return { entity };
  },
});
