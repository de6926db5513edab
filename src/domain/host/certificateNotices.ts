import { randomUUID } from "node:crypto";
import type { Engine } from "../engine.ts";
import { auditEvent, type AuditLogName } from "../event/codes.ts";
import type { Certificate } from "./certificate.ts";
import { CERTIFICATE_NOTICES, type CertificateNotice } from "./host.ts";

const DAY = 86_400_000;
/** An agent renews at two thirds of the life of its certificate: where that is short, people hear of its end when it is overdue. */
const SOON = { ms: 30 * DAY, ofLife: 1 / 4 };
const VERY_SOON = { ms: 7 * DAY, ofLife: 1 / 8 };

const EVENTS: Record<CertificateNotice, AuditLogName> = {
  SOON: "HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE",
  VERY_SOON: "HOST_CERTIFICATION_IS_ABOUT_TO_EXPIRE_ALERT",
  EXPIRED: "HOST_CERTIFICATION_HAS_EXPIRED",
};

/** How near its end a certificate is; null while it is far. */
function nearnessOf({ issuedAt, expiresAt }: Pick<Certificate, "issuedAt" | "expiresAt">, now: number): CertificateNotice | null {
  const left = Date.parse(expiresAt) - now;
  const life = Date.parse(expiresAt) - Date.parse(issuedAt);
  const within = ({ ms, ofLife }: typeof SOON) => left <= Math.min(ms, life * ofLife);
  if (left <= 0) return "EXPIRED";
  return within(VERY_SOON) ? "VERY_SOON" : within(SOON) ? "SOON" : null;
}

const rank = (notice: CertificateNotice | null) => (notice === null ? -1 : CERTIFICATE_NOTICES.indexOf(notice));

/** Tells of certificates that end soon or have ended, once for each certificate and step: what was told is kept with the host. */
export async function noticesOfCertificates({ journal, unitOfWork }: Pick<Engine, "journal" | "unitOfWork">): Promise<void> {
  for (const { id, certificate, certificateNotice } of journal.snapshot().all("Host")) {
    if (!certificate || rank(nearnessOf(certificate, Date.now())) <= rank(certificateNotice)) continue;
    await unitOfWork.run({ userId: null, correlationId: randomUUID(), jobId: null }, (tx) => {
      const host = tx.get("Host", id);
      const nearness = host?.certificate ? nearnessOf(host.certificate, Date.now()) : null;
      if (!host?.certificate || nearness === null || rank(nearness) <= rank(host.certificateNotice)) return;
      const end = host.certificate.expiresAt.slice(0, 16).replace("T", " ");
      const words =
        nearness === "EXPIRED"
          ? `The certificate of host ${host.name} expired at ${end} UTC: the host is refused until it is enrolled again.`
          : `The certificate of host ${host.name} expires at ${end} UTC, and its agent has not renewed it.`;
      tx.event(auditEvent(EVENTS[nearness], words, { hostId: id, clusterId: host.clusterId }));
      tx.update("Host", host, { certificateNotice: nearness });
    });
  }
}
