import { formatMigrationUri, parseMigrationUri } from "../../schema/migrationUri.ts";
import { pause } from "../backoff.ts";
import { HostError, isVirError, toHostError } from "../errors.ts";
import { JobOperation, Migrate, VirErrorCode } from "../libvirt/constants.ts";
import type { LibvirtSession } from "../libvirt/session.ts";
import { type Domain, type TypedParameter, TypedKind } from "../libvirt/xdr.ts";
import type { Handlers } from "../link/calls.ts";
import { reportOf } from "../report.ts";
import { followJob } from "./followJob.ts";

const POLL_MS = 500;
/**
 * The engine migrates only VMs whose disks are on storage both hosts share, opened past the page cache; libvirt cannot see
 * that of every file system, hence UNSAFE.
 */
const FLAGS = Migrate.LIVE | Migrate.PEER2PEER | Migrate.UNSAFE | Migrate.ABORT_ON_ERROR;

export function migrationHandlers(session: LibvirtSession): Pick<Handlers, "vm.migrate" | "vm.cancelMigration"> {
  return {
    async "vm.migrate"({ vmId, destinationUri: given, bandwidth, autoConverge, compressed = false, maximumDowntime }, context) {
      const destinationUri = checkedUri(given);
      const domain = await session.libvirt().lookup(vmId);
      const parameters: TypedParameter[] = bandwidth === null ? [] : [{ name: "bandwidth", kind: TypedKind.ULLONG, value: bandwidth }];
      const flags = FLAGS | (autoConverge ? Migrate.AUTO_CONVERGE : 0) | (compressed ? Migrate.COMPRESSED : 0);
      try {
        // An agent that was restarted meets the migration its predecessor began.
        if (await isLeaving(session, domain)) await followJob(session, domain, departure(session, domain), context);
        else {
          await session.dedicated(async (libvirt) => {
            await libvirt.setMaximumDowntime(domain, maximumDowntime);
            await followJob(session, domain, libvirt.migrate(domain, { destinationUri, parameters, flags }), context);
          });
        }
      } catch (error) {
        throw failure(error, context.signal.aborted);
      }
      return {};
    },
    async "vm.cancelMigration"({ vmId }) {
      try {
        const domain = await session.libvirt().lookup(vmId);
        if (await isLeaving(session, domain)) await session.libvirt().abortJob(domain);
      } catch (error) {
        // The migration just ended, one way or the other, or is another host's to cancel.
        if (!isVirError(error, VirErrorCode.OPERATION_INVALID, VirErrorCode.OPERATION_UNSUPPORTED)) throw error;
      }
      return {};
    },
  };
}

/** libvirt would follow other URIs anywhere: a query can name a command that it runs as root. */
function checkedUri(given: string): string {
  const uri = parseMigrationUri(given);
  if (!uri) throw new HostError("INVALID", "the destination is not of the form qemu+tls|tcp|ssh://[user@]host[:port]/system");
  return formatMigrationUri(uri);
}

async function isLeaving(session: LibvirtSession, domain: Domain): Promise<boolean> {
  const stats = await session.libvirt().jobStats(domain);
  return stats.get("operation") === JobOperation.MIGRATION_OUT;
}

/** Resolves when a migration that somebody else began has left; rejects when it ended and the domain is still here. */
async function departure(session: LibvirtSession, domain: Domain): Promise<void> {
  for (;;) {
    await pause(POLL_MS);
    const report = await reportOf(session, domain.uuid);
    if (!report) return;
    if (!(await isLeaving(session, domain))) throw new HostError("MIGRATION_FAILED", "the migration ended and the VM is still here");
  }
}

function failure(error: unknown, cancelled: boolean): HostError {
  const { code, message, libvirt } = toHostError(error);
  if (code === "LIBVIRT_UNAVAILABLE" || code === "NOT_FOUND") return new HostError(code, message, libvirt);
  return new HostError(cancelled || code === "CANCELLED" ? "CANCELLED" : "MIGRATION_FAILED", message, libvirt);
}
