import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { permit, type Caller } from "./caller.ts";
import { forgetPassword } from "./passwords.ts";
import { endSessionsOf } from "./sessions.ts";
import { keepOneSuperUser } from "./userRules.ts";

/** Ends his sessions and open connections. Throws NOT_FOUND, CONFLICT (the last SuperUser). */
export const removeUser = (engine: Engine, caller: Caller, { id, ...request }: Request & { id: string }): Promise<Outcome<"User">> =>
  command(engine, caller, request, {
    verb: "removeUser",
    kind: "User",
    input: id,
    decide: (tx) => {
      permit(caller, "MANIPULATE_USERS");
      const user = tx.need("User", id);
      keepOneSuperUser(tx, user);
      tx.remove("User", user);
      tx.also(forgetPassword(id));
      endSessionsOf(tx, id);
      tx.event(auditEvent("USER_REMOVE_ADUSER", `User ${user.userName} was removed by ${caller.userName}.`));
      return { entity: user };
    },
  });
