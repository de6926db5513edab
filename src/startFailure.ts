import type { Config } from "./config.ts";
import { FolderInUse } from "./db/folder.ts";

/** What Node, SQLite and MariaDB's driver tell beside their words. */
interface SystemError extends Error {
  code?: string;
  syscall?: string;
  path?: string;
  port?: number;
  hostname?: string;
}

const FOLDER: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left",
  EDQUOT: "the quota is used up",
  ENOENT: "nothing can be made there",
  ENOTDIR: "part of its path is a file",
  ENAMETOOLONG: "its name is too long",
};

/** Why the engine cannot start, in one line, with what to do about it. `config` is absent when that is what is wrong. */
export function startFailure(error: unknown, config?: Config): string {
  const { code = "", message, syscall, path, port, hostname }: SystemError = error instanceof Error ? error : new Error(String(error));
  const inOneLine = message.replaceAll(/\s+/g, " ").trim();
  if (code.startsWith("ERR_PARSE_ARGS")) return inOneLine;
  if (error instanceof FolderInUse)
    return `${error.folder} is in use by an engine that is running: stop that one, or choose another folder with --dir.`;
  if (!config) return inOneLine;
  if (syscall === "listen" || hostname === config.listen) return portFailure(code, port, config) ?? inOneLine;
  if (code in FOLDER && path !== undefined) return `The folder ${config.directory} cannot be used: ${FOLDER[code]} (${path}).`;
  if (config.embedded)
    return code.startsWith("SQLITE_") ? `The database in ${config.directory} cannot be used: ${inOneLine} (${code}).` : inOneLine;
  return code === "" ? inOneLine : `The database at ${place(config.databaseUrl)} cannot be used: ${inOneLine || code}.`;
}

function portFailure(code: string, port: number | undefined, config: Config): string | null {
  const forAgents = port !== undefined && port === config.hostlinkPort;
  const which = forAgents ? `Port ${port}, for hosts,` : `Port ${port}`;
  const choice = forAgents ? "OVERT_HOSTLINK_PORT, or --port: it is the next one" : "--port";
  if (code === "EADDRINUSE") return `${which} is taken, perhaps by an engine that is running: choose another with ${choice}.`;
  if (code === "EACCES") return `${which} is not open to this user: choose one above 1023 with ${choice}.`;
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") return `OVERT_LISTEN=${config.listen} is no address of this machine.`;
  return null;
}

/** Without user and password. */
function place(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl);
  return `${host}${pathname}`;
}
