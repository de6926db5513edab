import { formatMigrationUri, parseMigrationUri } from "../../../schema/migrationUri.ts";

/** The form of an address in which two ways to write the same are equal. */
function canonical(address: string): string {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
  const url = `http://${plain.includes(":") ? `[${plain}]` : plain}/`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : plain;
}

/**
 * The URI under which other hosts are sent to a host: the reported one when it leads to the host itself, by its recorded
 * address or by that of its link; otherwise the same transport to the recorded address. Empty when that makes no URI.
 */
export function ownMigrationUri(reported: string, { recorded, linked }: { recorded: string; linked: string }): string {
  const wanted = parseMigrationUri(reported);
  if (wanted && [recorded, linked].map(canonical).includes(canonical(wanted.host))) return formatMigrationUri(wanted);
  const { transport, user } = wanted ?? { transport: "tls" as const, user: null };
  const own = formatMigrationUri({ transport, user, host: recorded, port: null });
  return parseMigrationUri(own) ? own : "";
}
