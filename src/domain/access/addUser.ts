import { Field, InputType } from "type-graphql";
import { auditEvent } from "../event/codes.ts";
import { refuseTaken } from "../input.ts";
import { declarationOf } from "../noun/declaration.ts";
import { newRow } from "../noun/defaults.ts";
import { addInputOf } from "../noun/inputs.ts";
import { addition } from "../noun/verb.ts";
import { checkPassword, hashPassword, keepPassword } from "./passwords.ts";
import { checkRoles, setSystemRoles } from "./systemRoles.ts";
import { User } from "./user.ts";
import { nameKeyOf } from "./userNames.ts";

@InputType()
class NewUserFields {
  @Field({ description: "At least 8 characters." }) password: string;
  @Field(() => [String], {
    nullable: true,
    description: "oVirt's predefined roles, on the whole system; none when absent: `addPermission` gives them on single objects.",
  })
  roles?: string[] | null;
}

/** Throws INVALID, CONFLICT (name taken). */
export const addUser = addition({
  name: "addUser",
  on: "User",
  permit: "MANIPULATE_USERS",
  risk: "REVERSIBLE",
  description: "Adds a user of the internal directory.",
  input: addInputOf(declarationOf(User.name), NewUserFields),
  needs: ({ input }) => ((input as Partial<NewUserFields>).roles?.length ? [{ permit: "MANIPULATE_PERMISSIONS", on: null }] : []),
  prepare: ({ input }) => hashPassword(checkPassword((input as unknown as NewUserFields).password)),
  decide: (tx, given) => {
    const { roles } = given.input as unknown as NewUserFields;
    const row = newRow(tx, "User", { given, check: (_tx, { userName }) => ({ nameKey: nameKeyOf(userName) }) });
    refuseTaken({
      value: row.userName,
      holders: tx.snapshot.by("User", "nameKey", row.nameKey),
      path: "input.userName",
      by: "another user",
    });
    const entity = tx.insert("User", row);
    if (roles) setSystemRoles(tx, { caller: given.caller, user: entity, names: checkRoles(roles, "input.roles") });
    tx.also(keepPassword(entity.id, given.prepared));
    tx.event(auditEvent("USER_ADD", `User ${entity.userName} was added by ${given.caller.userName}.`));
    return { entity };
  },
});
