import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const SCHEMA = "/usr/share/libvirt/schemas/domain.rng";

/** Why domain XML cannot be checked against libvirt's schema here; null when it can. */
export function whyNoDomainSchema(): string | null {
  if (!existsSync(SCHEMA)) return `no ${SCHEMA} (package libvirt0)`;
  return spawnSync("xmllint", ["--version"]).error ? "no xmllint (package libxml2-utils)" : null;
}

/** What libvirt's own schema has to say about the XML: null when it is valid. */
export function domainFaults(xml: string): string | null {
  const { status, stderr } = spawnSync("xmllint", ["--noout", "--relaxng", SCHEMA, "-"], { input: xml, encoding: "utf8" });
  return status === 0 ? null : stderr;
}
