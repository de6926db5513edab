import { auditEvent } from "../event/codes.ts";
import { verb } from "../noun/verb.ts";
import { revokeCertificates } from "./admission.ts";

/** Ends all certificates of a host and cuts it off at once; its VMs run on. Throws NOT_FOUND. */
export const revokeCertificateHost = verb({
  name: "revokeCertificateHost",
  on: "Host",
  permit: "EDIT_HOST_CONFIGURATION",
  done: "cut off",
  risk: "DISRUPTIVE",
  description: "Ends the host's certificates and cuts it off; its VMs run on.",
  decide: (tx, host, { caller }) => {
    revokeCertificates(tx, host.id);
    const words = `The certificates of host ${host.name} were revoked by ${caller.userName}.`;
    tx.event(auditEvent("HOST_CERTIFICATION_IS_INVALID", words, { hostId: host.id, clusterId: host.clusterId }));
    return { entity: host };
  },
  after: ({ entity }, { engine }) => engine.hosts.cut(entity.id, "certificate revoked"),
});
