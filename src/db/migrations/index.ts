import type { MigrationInterface } from "typeorm";
import { First1763800000000 } from "./0001-first.ts";
import { SessionsAndNames1764000000000 } from "./0002-sessions-and-names.ts";
import { HostCertificates1764000100000 } from "./0003-host-certificates.ts";
import { Jobs1764100000000 } from "./0004-jobs.ts";
import { TagsAndBookmarks1795675616234 } from "./0005-tags-and-bookmarks.ts";
import { CpuShares1795676178811 } from "./0006-cpu-shares.ts";
import { JournalParts1795677423632 } from "./0007-journal-parts.ts";
import { Permissions1795680000000 } from "./0008-permissions.ts";
import { TagsAndNextRun1795777444935 } from "./0010-tags-and-next-run.ts";
import { Machine1795778956963 } from "./0011-machine.ts";
import { HighAvailability1795779533417 } from "./0012-high-availability.ts";
import { SlaAndSizes1795780309066 } from "./0013-sla-and-sizes.ts";
import { RolesAndGroups1795781344243 } from "./0014-roles-and-groups.ts";
import { SchedulingPolicies1795782692161 } from "./0015-scheduling-policies.ts";
import { StorageThresholds1795783077798 } from "./0016-storage-thresholds.ts";
import { JournalKind1795782768628 } from "./0070-journal-kind.ts";

/** In order. A migration that has shipped is never changed. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  First1763800000000,
  SessionsAndNames1764000000000,
  HostCertificates1764000100000,
  Jobs1764100000000,
  TagsAndBookmarks1795675616234,
  CpuShares1795676178811,
  JournalParts1795677423632,
  Permissions1795680000000,
  TagsAndNextRun1795777444935,
  Machine1795778956963,
  HighAvailability1795779533417,
  SlaAndSizes1795780309066,
  RolesAndGroups1795781344243,
  SchedulingPolicies1795782692161,
  StorageThresholds1795783077798,
  JournalKind1795782768628,
];
