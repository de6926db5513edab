import { auditEvent } from "../event/codes.ts";
import { removeWithParts } from "../noun/removal.ts";
import { verb } from "../noun/verb.ts";
import { forgetPassword } from "./passwords.ts";
import { endSessionsOf } from "./sessions.ts";
import { keepOneSuperUser } from "./systemRoles.ts";

/** Ends his sessions and open connections. Throws NOT_FOUND, CONFLICT (the last SuperUser). */
export const removeUser = verb({
  name: "removeUser",
  on: "User",
  permit: "MANIPULATE_USERS",
  done: "removed",
  risk: "DESTRUCTIVE",
  description: "The last user with the role SuperUser stays.",
  decide: (tx, user, { caller }) => {
    for (const permission of tx.snapshot.by("Permission", "userId", user.id)) keepOneSuperUser(tx, permission);
    removeWithParts(tx, "User", user);
    tx.also(forgetPassword(user.id));
    endSessionsOf(tx, user.id);
    tx.event(auditEvent("USER_REMOVE_ADUSER", `User ${user.userName} was removed by ${caller.userName}.`));
    return { entity: user };
  },
});
