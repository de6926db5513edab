import { parseArgs } from "node:util";
import { parseMigrationUri } from "../schema/migrationUri.ts";
import { reasonOf } from "./log.ts";

export interface RunOptions {
  directory: string;
  libvirtSocket: string;
  libvirtUri: string;
  /** Null: made of the host name. */
  migrationUri: string | null;
}
export type Command =
  | { name: "version" }
  | { name: "usage"; error: string }
  | { name: "enroll"; directory: string; engine: string; token: string; fingerprint: string }
  | ({ name: "run" } & RunOptions);

export const USAGE = `usage: overt-agent enroll --engine https://HOST:PORT --token TOKEN --fingerprint SHA256 [--dir DIR]
       overt-agent run [--dir DIR] [--libvirt-socket PATH] [--libvirt-uri URI] [--migration-uri URI]
       overt-agent --version`;

const OPTIONS = {
  dir: { type: "string", default: "/var/lib/overt-agent" },
  engine: { type: "string" },
  token: { type: "string" },
  fingerprint: { type: "string" },
  "libvirt-socket": { type: "string", default: "/run/libvirt/libvirt-sock" },
  "libvirt-uri": { type: "string", default: "qemu:///system" },
  "migration-uri": { type: "string" },
  version: { type: "boolean", default: false },
} as const;
const FINGERPRINT = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;

export function parseCommand(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (values.version) return { name: "version" };
    const [name, ...rest] = positionals;
    if (rest.length > 0) return { name: "usage", error: `unexpected ${rest.join(" ")}` };
    if (name === "enroll") return parseEnroll(values);
    if (name !== "run") return { name: "usage", error: name ? `unknown command ${name}` : "no command" };
    const migrationUri = values["migration-uri"] ?? null;
    if (migrationUri !== null && !parseMigrationUri(migrationUri))
      return { name: "usage", error: "--migration-uri must be qemu+tls|tcp|ssh://[user@]host[:port]/system" };
    return {
      name,
      directory: values.dir,
      libvirtSocket: values["libvirt-socket"],
      libvirtUri: values["libvirt-uri"],
      migrationUri,
    };
  } catch (error) {
    return { name: "usage", error: reasonOf(error) };
  }
}

function parseEnroll({ engine, token, fingerprint, dir }: { engine?: string; token?: string; fingerprint?: string; dir: string }): Command {
  if (!engine || !token || !fingerprint) return { name: "usage", error: "enroll needs --engine, --token and --fingerprint" };
  if (!URL.canParse(engine) || new URL(engine).protocol !== "https:")
    return { name: "usage", error: "--engine must be an https:// address" };
  if (!FINGERPRINT.test(fingerprint)) return { name: "usage", error: "--fingerprint must be a SHA-256 in hex" };
  return { name: "enroll", directory: dir, engine: new URL(engine).origin, token, fingerprint };
}
