import { Field, ID, InputType } from "type-graphql";
import { invalid } from "../../errors.ts";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName } from "../input.ts";
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
const ADDRESS = /^[A-Za-z0-9.:_-]{1,255}$/;

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
} satisfies Partial<Host>;

/** Makes a host and the one-time token with which its agent enrols. Throws NOT_FOUND (cluster), INVALID, CONFLICT (name taken). */
export async function addHost(
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddHostInput },
): Promise<Outcome<"Host"> & { enrollment: Enrollment | null }> {
  const enrollment = newEnrollment(engine.settings);
  const outcome = await command(engine, caller, request, {
    verb: "addHost",
    kind: "Host",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_HOST");
      const { name, address, clusterId, description = "", comment = "" } = input;
      tx.need("Cluster", clusterId);
      checkName(name);
      if (!ADDRESS.test(address)) throw invalid("input.address", "A host name or an IP address.");
      const entity = tx.insert("Host", { ...NEVER_CONNECTED, name, address, clusterId, description, comment, statusSince: tx.now });
      enrollment.store(tx, entity.id);
      tx.event(auditEvent("USER_ADD_VDS", `Host ${name} was added by ${caller.userName}.`, { hostId: entity.id, clusterId }));
      return { entity };
    },
  });
  return { ...outcome, enrollment: outcome.entity && enrollment };
}
