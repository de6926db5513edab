import { addDiskJob } from "../disk/addJob.ts";
import { extendDiskJob } from "../disk/extendJob.ts";
import { removeDiskJob } from "../disk/remove.ts";
import { deactivateHostJob } from "../host/deactivate.ts";
import { addStorageDomainJob } from "../storage/add.ts";
import { removeStorageDomainJob } from "../storage/remove.ts";
import { discardMemoryJob } from "../vm/discardMemory.ts";
import { migrateVmJob } from "../vm/migrate.ts";
import { rebootVmJob } from "../vm/reboot.ts";
import { resetVmJob } from "../vm/reset.ts";
import { removeVmJob } from "../vm/remove.ts";
import { resumeVmJob } from "../vm/resume.ts";
import { shutdownVmJob } from "../vm/shutdown.ts";
import { startVmJob } from "../vm/start.ts";
import { stopVmJob } from "../vm/stop.ts";
import { suspendVmJob } from "../vm/suspend.ts";
import type { JobDefinition } from "./definition.ts";

/** Every job there is. */
export const jobDefinitions = [
  startVmJob,
  resumeVmJob,
  stopVmJob,
  discardMemoryJob,
  shutdownVmJob,
  rebootVmJob,
  resetVmJob,
  suspendVmJob,
  migrateVmJob,
  removeVmJob,
  deactivateHostJob,
  addDiskJob,
  extendDiskJob,
  removeDiskJob,
  addStorageDomainJob,
  removeStorageDomainJob,
] as unknown as readonly JobDefinition[];
