import { randomUUID } from "node:crypto";
import type { Engine } from "../engine.ts";
import { hashPassword, keepPassword, randomPassword } from "./passwords.ts";
import { PREDEFINED_ROLES } from "./roles.ts";
import { INTERNAL_PROFILE, nameKeyOf } from "./userNames.ts";
import { insertWithDefaults } from "../noun/defaults.ts";

const ADMIN = `admin@${INTERNAL_PROFILE}`;

/**
 * Makes the first user of a new database, with all rights. Answers its password, which is kept nowhere, or null when there
 * are users already. `password` is used instead of a random one when it is given.
 */
export async function ensureAdmin(engine: Pick<Engine, "journal" | "unitOfWork">, password = randomPassword()): Promise<string | null> {
  if (engine.journal.snapshot().count("User") > 0) return null;
  const passwordHash = await hashPassword(password);
  const origin = { userId: null, correlationId: randomUUID(), jobId: null };
  return engine.unitOfWork.run(origin, (tx) => {
    if (tx.snapshot.count("User") > 0) return null;
    const names = { userName: ADMIN, nameKey: nameKeyOf(ADMIN), profile: INTERNAL_PROFILE, name: "admin", lastName: "", email: "" };
    const { id } = insertWithDefaults(tx, "User", names);
    tx.insert("Permission", { userId: id, groupId: null, roleId: PREDEFINED_ROLES.SuperUser.id, objectKind: null, objectId: null });
    tx.also(keepPassword(id, passwordHash));
    return password;
  });
}
