import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { link, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../../db/database.ts";
import { isDuplicate } from "../../db/errors.ts";
import { makePrivate, privateFolder } from "../../db/folder.ts";
import { Secret } from "../../db/tables.ts";
import type { Secrets } from "../host/ports.ts";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The key that seals secrets: `given` (base64 of 32 bytes, or any pass phrase of at least 32 characters), else the file
 * `secret.key` in `directory`, made at the first start and readable by its owner only.
 */
export async function secretKey(directory: string, given: string | undefined): Promise<Buffer> {
  if (given !== undefined) {
    const bytes = Buffer.from(given, "base64");
    if (bytes.length === KEY_BYTES && bytes.toString("base64") === given) return bytes;
    return createHash("sha256").update(given).digest();
  }
  const file = join(directory, "secret.key");
  privateFolder(directory);
  await makeOnce(file);
  makePrivate([file]);
  const key = Buffer.from(await readFile(file, "utf8"), "base64");
  if (key.length !== KEY_BYTES) throw new Error(`${file} does not hold a key.`);
  return key;
}

/** Several engines may start in one directory: the first key stays, and nobody reads half of one. */
async function makeOnce(file: string): Promise<void> {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await writeFile(draft, randomBytes(KEY_BYTES).toString("base64"), { mode: 0o600, flag: "wx" });
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
}

/** Secrets in the table `secret`, sealed with AES-256-GCM; a row cannot be passed off as another's. */
export function createSecrets(database: Database, key: Buffer): Secrets {
  const get = async (name: string) => {
    const row = await database.reader.findOneBy(Secret, { name });
    return row && open(key, name, row.sealed);
  };
  return {
    get,
    async once(name, make) {
      const there = await get(name);
      if (there !== null) return there;
      const value = make();
      const insert = database.transaction((manager) => manager.insert(Secret, { name, sealed: seal(key, name, value) }));
      return insert.then(
        () => value,
        async (error: unknown) => (isDuplicate(error) ? (await get(name))! : Promise.reject(error as Error)),
      );
    },
    async put(name, value) {
      const sealed = seal(key, name, value);
      const write = () =>
        database.transaction(async (manager) => {
          const { affected } = await manager.update(Secret, { name }, { sealed });
          if (!affected) await manager.insert(Secret, { name, sealed });
        });
      // Another engine may insert the same name in between: then it is there to be updated.
      await write().catch((error: unknown) => (isDuplicate(error) ? write() : Promise.reject(error as Error)));
    },
  };
}

function seal(key: Buffer, name: string, value: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(name));
  const text = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64");
}

function open(key: Buffer, name: string, sealed: string): string {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES)).setAAD(Buffer.from(name));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
}
