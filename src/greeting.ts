import type { Config } from "./config.ts";
import { isLoopback } from "./machine.ts";

export interface Started {
  url: string;
  /** Null when the admin had one already. */
  password: string | null;
  /** Where hosts dial. */
  hostlinkUrl: string;
}

/** What a person at a terminal wants to know of an engine that has started. */
export function greeting({ url, password, hostlinkUrl }: Started, { directory, embedded, listen }: Config): string {
  const lines: [name: string, value: string, more?: string][] = [
    ["Dashboard", url, isLoopback(listen) ? "from this machine only; OVERT_LISTEN=0.0.0.0 opens it to others, without TLS" : undefined],
    ["API", `${url}/graphql`],
    password === null
      ? ["Log in as", "admin@internal", "with the password that was shown when the database was new"]
      : ["Log in as", `admin@internal, password ${password}`, "shown only now and kept nowhere: write it down"],
    [
      "Hosts dial",
      hostlinkUrl,
      isLoopback(new URL(hostlinkUrl).hostname)
        ? "hosts on other machines CANNOT reach this; set OVERT_HOSTLINK_ADDRESSES to a name or address of this machine"
        : "OVERT_HOSTLINK_ADDRESSES sets another name or address",
    ],
    ["Data", directory, embedded ? "the database, and the key that seals its secrets" : "the key that seals secrets in the database"],
  ];
  const body = lines.flatMap(([name, value, more]) => [`  ${name.padEnd(11)}${value}`, ...(more ? [`  ${"".padEnd(11)}(${more})`] : [])]);
  return [
    "",
    "The engine is running; Ctrl-C stops it, and VMs run on.",
    "",
    ...body,
    "",
    "How to add a host and make a VM: docs/running.md",
    "",
  ].join("\n");
}
