import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { newEnrollment, type Enrollment } from "./enrollment.ts";
import { requireHostState } from "./states.ts";

/** A new one-time token for a host that lost its certificate or let it expire. Its present certificate goes on. Throws NOT_FOUND, NOT_ALLOWED_IN_STATE. */
export async function enrollCertificateHost(
  engine: Engine,
  caller: Caller,
  { id, ...request }: Request & { id: string },
): Promise<Outcome<"Host"> & { enrollment: Enrollment | null }> {
  const enrollment = newEnrollment(engine.settings, engine.journal.snapshot().get("Host", id)?.address ?? "");
  const outcome = await command(engine, caller, request, {
    verb: "enrollCertificateHost",
    kind: "Host",
    input: id,
    decide: (tx) => {
      permit(caller, "EDIT_HOST_CONFIGURATION");
      const host = tx.need("Host", id);
      requireHostState(host, "enrollCertificate");
      enrollment.store(tx, id);
      const entity =
        host.status === "INSTALL_FAILED"
          ? tx.update("Host", host, { status: "INSTALLING", statusDetail: "WAITING_FOR_ENROLLMENT", statusSince: tx.now })
          : host;
      tx.event(
        auditEvent("HOST_CERTIFICATION_ENROLLMENT_STARTED", `Enrolment of host ${host.name} was allowed by ${caller.userName}.`, {
          hostId: id,
        }),
      );
      return { entity };
    },
  });
  // Of a repeated request there is no token that could be told again: only its hash was kept.
  return { ...outcome, enrollment: outcome.repeated || !outcome.entity ? null : enrollment };
}
