import { HostSession } from "../../db/tables.ts";
import { nounOf } from "../noun/noun.ts";
import { activateHost } from "./activate.ts";
import { addHost } from "./add.ts";
import { revokeCertificates } from "./admission.ts";
import { deactivateHost } from "./deactivate.ts";
import { enrollCertificateHost } from "./enrollCertificate.ts";
import { Host } from "./host.ts";
import { revokeCertificateHost } from "./revokeCertificate.ts";

export const host = nounOf(Host, {
  says: { remove: "Forgets a host and ends its certificates: it is cut off at once." },
  add: addHost,
  removing: (tx, { id }) => {
    revokeCertificates(tx, id);
    tx.also(async (manager) => void (await manager.delete(HostSession, { hostId: id })));
  },
  removed: ({ id }, { engine }) => {
    engine.hosts.cut(id, "host removed");
    engine.statistics.forgetHost(id);
  },
  verbs: [activateHost, deactivateHost, enrollCertificateHost, revokeCertificateHost],
});
