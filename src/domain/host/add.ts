import { Field, ID, InputType } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, refuseTaken, withoutNulls } from "../input.ts";
import { checkAddress } from "./address.ts";
import { newEnrollment, type Enrollment } from "./enrollment.ts";
import type { Host } from "./host.ts";

@InputType()
export class AddHostInput {
  @Field() name: string;
  @Field({ description: "Name or IP address under which people reach it." }) address: string;
  @Field(() => ID) clusterId: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
}

const NEVER_CONNECTED = {
  status: "INSTALLING",
  statusDetail: "WAITING_FOR_ENROLLMENT",
  maintenanceReason: null,
  cpu: null,
  memory: null,
  os: null,
  libvirtVersion: null,
  agentVersion: null,
  hardwareUuid: null,
  virtualization: null,
  capabilities: null,
  certificate: null,
  certificateNotice: null,
} satisfies Partial<Host>;

/** Makes a host and the one-time token with which its agent enrols. Throws NOT_FOUND (cluster), INVALID, CONFLICT (name taken). */
export async function addHost(
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddHostInput },
): Promise<Outcome<"Host"> & { enrollment: Enrollment | null }> {
  const enrollment = newEnrollment(engine.settings, input.address);
  const outcome = await command(engine, caller, request, {
    verb: "addHost",
    kind: "Host",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_HOST");
      const { address, clusterId, description = "", comment = "" } = withoutNulls(input);
      tx.need("Cluster", clusterId);
      const name = checkName(input.name);
      refuseTaken(tx.snapshot.by("Host", "name", name), "input.name");
      checkAddress(address);
      const entity = tx.insert("Host", { ...NEVER_CONNECTED, name, address, clusterId, description, comment, statusSince: tx.now });
      enrollment.store(tx, entity.id);
      tx.event(auditEvent("USER_ADD_VDS", `Host ${name} was added by ${caller.userName}.`, { hostId: entity.id, clusterId }));
      return { entity };
    },
  });
  // Of a repeated request there is no token that could be told again: only its hash was kept.
  return { ...outcome, enrollment: outcome.repeated || !outcome.entity ? null : enrollment };
}
