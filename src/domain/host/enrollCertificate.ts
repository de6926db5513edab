import { auditEvent } from "../event/codes.ts";
import { verb } from "../noun/verb.ts";
import { ENROLLMENT } from "./enrolling.ts";
import { newEnrollment } from "./enrollment.ts";

/** A new one-time token for a host that lost its certificate or let it expire. Its present certificate goes on. Throws NOT_FOUND. */
export const enrollCertificateHost = verb({
  name: "enrollCertificateHost",
  on: "Host",
  permit: "EDIT_HOST_CONFIGURATION",
  done: "given a certificate",
  risk: "REVERSIBLE",
  description: "A new token, for a host that lost its certificate or let it expire.",
  payload: ENROLLMENT,
  prepare: ({ engine }, host) => newEnrollment(engine.settings, host.address),
  decide: (tx, host, { caller, prepared }) => {
    prepared.store(tx, host.id);
    const entity =
      host.status === "INSTALL_FAILED"
        ? tx.update("Host", host, { status: "INSTALLING", statusDetail: "WAITING_FOR_ENROLLMENT", statusSince: tx.now })
        : host;
    const words = `Enrolment of host ${host.name} was allowed by ${caller.userName}.`;
    tx.event(auditEvent("HOST_CERTIFICATION_ENROLLMENT_STARTED", words, { hostId: host.id, clusterId: host.clusterId }));
    return { entity };
  },
  after: (_outcome, { prepared }) => ({ enrollment: prepared }),
});
