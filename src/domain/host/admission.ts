import { IsNull } from "typeorm";
import { EnrollmentToken, HostCertificate } from "../../db/tables.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { tokenHash } from "./enrollment.ts";
import type { Admission } from "./ports.ts";

const refused = (code: string, message: string) => new OvertError("FORBIDDEN", message, [{ code, message }]);

/** Who may connect, on the database. */
export function createAdmission({ database, journal, unitOfWork }: Pick<Engine, "database" | "journal" | "unitOfWork">): Admission {
  const redeem: Admission["redeem"] = (token) =>
    database.transaction(async (manager) => {
      const hash = tokenHash(token);
      const row = await manager.findOneBy(EnrollmentToken, { hash });
      if (!row || !journal.snapshot().get("Host", row.hostId)) throw refused("UNKNOWN_TOKEN", "This token is not known.");
      if (row.expiresAt.getTime() < Date.now()) throw refused("EXPIRED_TOKEN", "This token has expired.");
      const { affected } = await manager.update(EnrollmentToken, { hash, usedAt: IsNull() }, { usedAt: new Date() });
      if (!affected) throw refused("USED_TOKEN", "This token was used before.");
      return { hostId: row.hostId };
    });

  const issued: Admission["issued"] = (hostId, serial, expiresAt) =>
    unitOfWork.run({ userId: null, correlationId: serial.slice(0, 36), jobId: null }, (tx) => {
      const host = tx.need("Host", hostId);
      tx.also(async (manager) => void (await manager.insert(HostCertificate, { serial, hostId, expiresAt, revokedAt: null })));
      tx.event(auditEvent("HOST_CERTIFICATION_ENROLLMENT_FINISHED", `Host ${host.name} has a new certificate.`, { hostId }));
      if (host.status === "INSTALLING" || host.status === "INSTALL_FAILED")
        tx.update("Host", host, { status: "INITIALIZING", statusDetail: "WAITING_FOR_AGENT", statusSince: tx.now });
    });

  const refusal: Admission["refusal"] = async (hostId, serial) => {
    if (!journal.snapshot().get("Host", hostId)) return "unknown host";
    const row = await database.reader.findOneBy(HostCertificate, { serial });
    if (row?.hostId !== hostId) return "unknown certificate";
    return row.revokedAt ? "revoked certificate" : null;
  };
  return { redeem, issued, refusal };
}

/** Ends every certificate and token of a host, in the transaction that removes it or gives it a new identity. */
export function revokeCertificates(tx: Transaction, hostId: string): void {
  tx.also(async (manager) => {
    await manager.update(HostCertificate, { hostId, revokedAt: IsNull() }, { revokedAt: tx.now });
    await manager.delete(EnrollmentToken, { hostId });
  });
}
