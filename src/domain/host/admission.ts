import { In, IsNull, LessThan, MoreThan, type EntityManager } from "typeorm";
import { EnrollmentToken, HostCertificate } from "../../db/tables.ts";
import type { Transaction } from "../../db/unitOfWork.ts";
import { OvertError } from "../../errors.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import type { RowOf } from "../kinds.ts";
import { tokenHash } from "./enrollment.ts";
import type { Certificate } from "./certificate.ts";
import type { Admission, LinkCertificate } from "./ports.ts";

/** How long a certificate is still good once its successor was dialled with, in ms. */
const GRACE_MS = 3_600_000;
/** Certificates that ended are forgotten after this, in ms. */
const KEEP_ENDED_MS = 30 * 86_400_000;

const refused = (code: string, message: string) => new OvertError("FORBIDDEN", message, [{ code, message }]);

/** Who may connect, on the database. */
export function createAdmission({ database, journal, unitOfWork }: Pick<Engine, "database" | "journal" | "unitOfWork">): Admission {
  const enroll: Admission["enroll"] = async (token, certify) => {
    const hash = tokenHash(token);
    const row = await database.reader.findOneBy(EnrollmentToken, { hash });
    if (!row || !journal.snapshot().get("Host", row.hostId)) throw refused("UNKNOWN_TOKEN", "This token is not known.");
    if (row.expiresAt.getTime() < Date.now()) throw refused("EXPIRED_TOKEN", "This token has expired.");
    // A request that cannot be signed ends here, and does not cost the token.
    const certificate = await certify(row.hostId);
    // Token and certificate in one transaction. When the answer is then lost the certificate is of no use to anyone, because
    // the key is the asker's: the host needs a new token, and this certificate ends with the next that is made.
    await unitOfWork.run(originOf(certificate), (tx) => {
      const host = enrolled(tx, tx.need("Host", row.hostId), certificate);
      tx.also(async (manager) => {
        const { affected } = await manager.update(EnrollmentToken, { hash, usedAt: IsNull() }, { usedAt: tx.now });
        if (!affected) throw usedToken();
        await note(manager, { hostId: host.id, certificate, keep: await newest(manager, host.id, tx.now), now: tx.now });
      });
    });
    return { hostId: row.hostId, certificate };
  };

  const renewed: Admission["renewed"] = (hostId, certificate, current) =>
    unitOfWork.run(originOf(certificate), (tx) => {
      const host = tx.need("Host", hostId);
      tx.also((manager) => note(manager, { hostId, certificate, keep: current, now: tx.now }));
      tx.event(auditEvent("HOST_CERTIFICATION_ENROLLMENT_FINISHED", `Host ${host.name} has a new certificate.`, { hostId }));
    });

  const judge: Admission["judge"] = async (hostId, serial) => {
    if (!journal.snapshot().get("Host", hostId)) return { refusal: "unknown host" };
    const row = await database.reader.findOneBy(HostCertificate, { serial });
    if (row?.hostId !== hostId) return { refusal: "unknown certificate" };
    const until = row.revokedAt && row.revokedAt < row.expiresAt ? row.revokedAt : row.expiresAt;
    if (until.getTime() > Date.now()) return { until, issuedAt: row.issuedAt };
    return { refusal: until === row.revokedAt ? "revoked certificate" : "expired certificate" };
  };
  return { enroll, renewed, judge };
}

const usedToken = () => refused("USED_TOKEN", "This token was used before.");
const originOf = ({ serial }: LinkCertificate) => ({ userId: null, correlationId: serial.slice(0, 36), jobId: null });

function enrolled(tx: Transaction, host: RowOf<"Host">, certificate: LinkCertificate): RowOf<"Host"> {
  tx.event(auditEvent("HOST_CERTIFICATION_ENROLLMENT_FINISHED", `Host ${host.name} has a new certificate.`, { hostId: host.id }));
  const waiting = host.status === "INSTALLING" || host.status === "INSTALL_FAILED";
  return tx.update("Host", host, {
    certificate: shown(certificate),
    certificateNotice: null,
    ...(waiting && { status: "INITIALIZING", statusDetail: "WAITING_FOR_AGENT", statusSince: tx.now }),
  });
}

interface NewCertificate {
  hostId: string;
  certificate: LinkCertificate;
  /** Serial of the one certificate that stays good beside the new one. */
  keep: string | null;
  now: Date;
}
/** Two good certificates a host are enough: the one in use, and the one that takes its place. */
async function note(manager: EntityManager, { hostId, certificate, keep, now }: NewCertificate): Promise<void> {
  const { serial, issuedAt, expiresAt } = certificate;
  const superseded = (await goodOnes(manager, hostId, now)).filter((row) => row.serial !== keep);
  if (superseded.length > 0) await manager.update(HostCertificate, { serial: In(superseded.map((row) => row.serial)) }, { revokedAt: now });
  await manager.delete(HostCertificate, { hostId, expiresAt: LessThan(new Date(now.getTime() - KEEP_ENDED_MS)) });
  await manager.insert(HostCertificate, { serial, hostId, issuedAt, expiresAt, revokedAt: null });
}

const goodOnes = (manager: EntityManager, hostId: string, now: Date) =>
  manager.find(HostCertificate, {
    where: [
      { hostId, expiresAt: MoreThan(now), revokedAt: IsNull() },
      { hostId, expiresAt: MoreThan(now), revokedAt: MoreThan(now) },
    ],
  });

async function newest(manager: EntityManager, hostId: string, now: Date): Promise<string | null> {
  const [latest] = (await goodOnes(manager, hostId, now)).toSorted((a, b) => issuedAtOf(b) - issuedAtOf(a));
  return latest?.serial ?? null;
}
const issuedAtOf = ({ issuedAt }: HostCertificate) => issuedAt?.getTime() ?? 0;

/** A host dialled with a certificate: it is the one that is shown, and older ones end after a while. */
export function noteCertificateInUse(tx: Transaction, host: RowOf<"Host">, certificate: LinkCertificate): RowOf<"Host"> {
  const known = host.certificate;
  // One that has a successor is still good for a while, and dials with it change nothing.
  if (known && (known.serialNumber === certificate.serial || Date.parse(known.issuedAt) > certificate.issuedAt.getTime())) return host;
  const end = new Date(tx.now.getTime() + GRACE_MS);
  tx.also(async (manager) => {
    const good = await goodOnes(manager, host.id, tx.now);
    const inUse = good.find(({ serial }) => serial === certificate.serial);
    const older = good.filter((row) => row.revokedAt === null && inUse && issuedAtOf(row) < issuedAtOf(inUse));
    if (older.length > 0) await manager.update(HostCertificate, { serial: In(older.map(({ serial }) => serial)) }, { revokedAt: end });
  });
  return tx.update("Host", host, { certificate: shown(certificate), certificateNotice: null });
}

const shown = ({ serial, subject, issuedAt, expiresAt, pem }: LinkCertificate): Certificate => ({
  serialNumber: serial,
  subject,
  issuedAt: issuedAt.toISOString(),
  expiresAt: expiresAt.toISOString(),
  content: pem,
});

/** Ends every certificate and token of a host, in the transaction that removes it or gives it a new identity. */
export function revokeCertificates(tx: Transaction, hostId: string): void {
  tx.update("Host", tx.need("Host", hostId), { certificate: null, certificateNotice: null });
  tx.also(async (manager) => {
    await manager.update(HostCertificate, { hostId, revokedAt: IsNull() }, { revokedAt: tx.now });
    await manager.update(HostCertificate, { hostId, revokedAt: MoreThan(tx.now) }, { revokedAt: tx.now });
    await manager.delete(EnrollmentToken, { hostId });
  });
}
