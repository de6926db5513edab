import { Field, InputType } from "type-graphql";
import { auditEvent } from "../event/codes.ts";
import { refuseTaken } from "../input.ts";
import { declarationOf } from "../noun/declaration.ts";
import { newRow } from "../noun/defaults.ts";
import { addInputOf } from "../noun/inputs.ts";
import { addition } from "../noun/verb.ts";
import { checkPassword, hashPassword, keepPassword } from "./passwords.ts";
import { User } from "./user.ts";
import { nameKeyOf } from "./userNames.ts";

@InputType()
class WithPassword {
  @Field({ description: "At least 8 characters." }) password: string;
}

/** Throws INVALID, CONFLICT (name taken). */
export const addUser = addition({
  name: "addUser",
  on: "User",
  permit: "MANIPULATE_USERS",
  risk: "REVERSIBLE",
  description: "Adds a user of the internal directory.",
  input: addInputOf(declarationOf(User.name), WithPassword),
  prepare: ({ input }) => hashPassword(checkPassword((input as unknown as WithPassword).password)),
  decide: (tx, given) => {
    const row = newRow(tx, "User", { given, check: (_tx, { userName }) => ({ nameKey: nameKeyOf(userName) }) });
    refuseTaken(tx.snapshot.by("User", "nameKey", row.nameKey), "input.userName");
    const entity = tx.insert("User", row);
    tx.also(keepPassword(entity.id, given.prepared));
    tx.event(auditEvent("USER_ADD", `User ${entity.userName} was added by ${given.caller.userName}.`));
    return { entity };
  },
});
