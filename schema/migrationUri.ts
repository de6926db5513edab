/**
 * The libvirt URI under which a host is reached for live migration. It goes from one host over the engine to another, whose
 * libvirt would follow any other kind to wherever it leads: a query can name a command to run.
 */
export interface MigrationUri {
  transport: "tls" | "tcp" | "ssh";
  /** For ssh only. */
  user: string | null;
  /** Name or IP address, without brackets, in lower case. */
  host: string;
  port: number | null;
}

// A name never begins with a dash: ssh would take it for an option.
const USER = "[a-z_][a-z0-9_.-]{0,31}";
const NAME = "[a-z0-9](?:[a-z0-9_.-]{0,252}[a-z0-9])?";
const FORM = new RegExp(`^qemu\\+(tls|tcp|ssh)://(?:(${USER})@)?(?:(${NAME})|\\[([0-9a-f:.]{2,45})\\])(?::([0-9]{1,5}))?/system$`, "i");

/** Null for what is no `qemu+tls|tcp|ssh://[user@]host[:port]/system`. */
export function parseMigrationUri(uri: string): MigrationUri | null {
  const [, transport, user = null, name, ip, digits] = (uri.length <= 400 && FORM.exec(uri)) || [];
  const host = name ?? ip;
  const port = digits === undefined ? null : Number(digits);
  if (!transport || host === undefined || (user !== null && transport.toLowerCase() !== "ssh")) return null;
  if (port !== null && (port < 1 || port > 65_535)) return null;
  return { transport: transport.toLowerCase() as MigrationUri["transport"], user, host: host.toLowerCase(), port };
}

export function formatMigrationUri({ transport, user, host, port }: MigrationUri): string {
  const address = host.includes(":") ? `[${host}]` : host;
  return `qemu+${transport}://${user === null ? "" : `${user}@`}${address}${port === null ? "" : `:${port}`}/system`;
}
