import type { MigrationInterface } from "typeorm";
import { First1763800000000 } from "./0001-first.ts";
import { SessionsAndNames1764000000000 } from "./0002-sessions-and-names.ts";
import { HostCertificates1764000100000 } from "./0003-host-certificates.ts";
import { Permissions1764100000000 } from "./0004-permissions.ts";

/** In order. A migration that has shipped is never changed. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  First1763800000000,
  SessionsAndNames1764000000000,
  HostCertificates1764000100000,
  Permissions1764100000000,
];
