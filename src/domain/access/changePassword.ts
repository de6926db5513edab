import { randomUUID } from "node:crypto";
import { Field, InputType } from "type-graphql";
import { invalid } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";
import type { Caller } from "./caller.ts";
import { checkPassword, hashPassword, keepPassword, passwordFits, passwordHashOf } from "./passwords.ts";
import { endSessionsOf } from "./sessions.ts";

@InputType({ description: "The old password and the new one." })
export class ChangePasswordInput {
  @Field({ description: "The one that is good until now." }) currentPassword: string;
  @Field({ description: "At least 8 characters." }) newPassword: string;
}

/** Changes the caller's own password and ends all his sessions. Throws INVALID when the current one is wrong. */
export async function changePassword(
  engine: Engine,
  caller: Caller,
  { currentPassword, newPassword }: ChangePasswordInput,
): Promise<RowOf<"User">> {
  const id = caller.userId ?? "";
  const origin = { userId: caller.userId, correlationId: randomUUID(), jobId: null };
  checkPassword(newPassword, "input.newPassword");
  if (!(await passwordFits(await passwordHashOf(engine.database, id), currentPassword))) {
    await engine.unitOfWork.run(origin, (tx) =>
      tx.event(auditEvent("USER_PASSWORD_CHANGE_FAILED", `${caller.userName} gave a wrong password when changing it.`)),
    );
    throw invalid("input.currentPassword", "It is wrong.", "PASSWORD");
  }
  const passwordHash = await hashPassword(newPassword);
  return engine.unitOfWork.run(origin, (tx) => {
    const user = tx.need("User", id);
    tx.also(keepPassword(id, passwordHash));
    endSessionsOf(tx, id);
    tx.event(auditEvent("USER_PASSWORD_CHANGED", `${caller.userName} changed the password.`));
    return user;
  });
}
