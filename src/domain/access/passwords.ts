import type { EntityManager } from "typeorm";
import type { Database } from "../../db/database.ts";
import { Credential } from "../../db/tables.ts";
import { hash, verify } from "@node-rs/argon2";
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { invalid } from "../../errors.ts";
import { createLanes } from "../../lanes.ts";

/** argon2id with OWASP's parameters: 19 MiB, two passes. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Each takes a processor and the memory for itself: one is left for everything else. */
const inLane = createLanes(Math.max(1, availableParallelism() - 1));
const MIN_LENGTH = 8;
const MAX_LENGTH = 1_024;

/** Throws INVALID for one that is too short or too long. */
export function checkPassword(password: string, path = "input.password"): string {
  if (password.length < MIN_LENGTH || password.length > MAX_LENGTH)
    throw invalid(path, `${MIN_LENGTH} to ${MAX_LENGTH} characters.`, "PASSWORD");
  return password;
}

/** Sets a user's password: inside the transaction that makes him or changes it. */
export const keepPassword =
  (userId: string, passwordHash: string) =>
  async (manager: EntityManager): Promise<void> => {
    await manager.delete(Credential, { userId });
    await manager.insert(Credential, { userId, passwordHash });
  };

/** Of a user whose directory is ours; null when he has none. */
export const passwordHashOf = async ({ reader }: Database, userId: string): Promise<string | null> =>
  (await reader.findOneBy(Credential, { userId }))?.passwordHash ?? null;

/** Inside the transaction that removes the user. */
export const forgetPassword =
  (userId: string) =>
  async (manager: EntityManager): Promise<void> =>
    void (await manager.delete(Credential, { userId }));

/** In PHC form. */
export const hashPassword = (password: string): Promise<string> => inLane(() => hash(password, PARAMETERS));

const nobody = hashPassword(randomBytes(16).toString("hex"));

/** Takes as long when there is no such user, so that names cannot be found out. */
export async function passwordFits(passwordHash: string | null | undefined, password: string): Promise<boolean> {
  if (password.length === 0 || password.length > MAX_LENGTH) return false;
  const known = passwordHash ?? (await nobody);
  const fits = await inLane(() => verify(known, password));
  return fits && typeof passwordHash === "string";
}

/** For people to type: 120 bits, without l, o, 0 and 1. */
export function randomPassword(): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  return Array.from(randomBytes(24), (byte) => alphabet[byte % alphabet.length]).join("");
}
