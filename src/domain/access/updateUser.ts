import { Field, InputType } from "type-graphql";
import { invalid } from "../../errors.ts";
import { auditEvent } from "../event/codes.ts";
import { declarationOf } from "../noun/declaration.ts";
import { changedRow } from "../noun/defaults.ts";
import { updateInputOf } from "../noun/inputs.ts";
import { verb } from "../noun/verb.ts";
import { checkPassword, hashPassword, keepPassword } from "./passwords.ts";
import { endSessionsOf } from "./sessions.ts";
import { checkRoles, setSystemRoles } from "./systemRoles.ts";
import { User } from "./user.ts";

@InputType()
class ChangedUserFields {
  @Field({ nullable: true, description: "Ends the user's sessions." }) password?: string;
  @Field(() => [String], { nullable: true, description: "oVirt's predefined roles that he is to have on the whole system." })
  roles?: string[];
}

/** Throws NOT_FOUND, INVALID, CONFLICT (version; the last SuperUser must stay one). */
export const updateUser = verb({
  name: "updateUser",
  on: "User",
  permit: "MANIPULATE_USERS",
  done: "updated",
  risk: "REVERSIBLE",
  description: "Changes a user; a new password ends his sessions.",
  input: updateInputOf(declarationOf(User.name), ChangedUserFields),
  inputRequired: true,
  needs: ({ input }) => ((input as ChangedUserFields).roles ? [{ permit: "MANIPULATE_PERMISSIONS", on: null }] : []),
  prepare: async ({ input }) => {
    const { password } = input as ChangedUserFields;
    return typeof password === "string" ? hashPassword(checkPassword(password)) : null;
  },
  decide: (tx, user, given) => {
    const { roles } = given.input as ChangedUserFields;
    const entity = tx.update("User", user, changedRow(tx, "User", { before: user, given }));
    if (roles === null) throw invalid("input.roles", "It cannot be null.", "NULL");
    if (roles) setSystemRoles(tx, { caller: given.caller, user, names: checkRoles(roles, "input.roles") });
    if (given.prepared !== null) {
      tx.also(keepPassword(user.id, given.prepared));
      endSessionsOf(tx, user.id);
      tx.event(auditEvent("USER_PASSWORD_CHANGED", `The password of ${user.userName} was changed by ${given.caller.userName}.`));
    }
    return { entity };
  },
});
