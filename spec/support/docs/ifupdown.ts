import { existsSync } from "node:fs";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../../lab/command.ts";

const CACHE = process.env["OVERT_LAB_CACHE"] ?? "/var/cache/overt-lab";

/** Path of Debian's `ifup`, unpacked beside the system and not installed, once; null where it cannot be had. */
export async function unpackedIfup(): Promise<string | null> {
  const folder = join(CACHE, "ifupdown");
  const program = join(folder, "sbin/ifup");
  if (existsSync(program)) return program;
  const work = `${folder}.${process.pid}`;
  await mkdir(work, { recursive: true });
  const { code } = await run(["apt-get", "download", "-q", "ifupdown"], { cwd: work });
  const archive = (await readdir(work)).find((name) => name.endsWith(".deb"));
  if (code !== 0 || archive === undefined) return null;
  await run(["dpkg", "-x", join(work, archive), work]);
  await rename(work, folder).catch(() => undefined);
  return existsSync(program) ? program : null;
}
