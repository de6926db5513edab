import { Field, InputType, Int } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, expectVersion, patchOf, refuseTaken } from "../input.ts";
import { BiosType, ClusterCpu, ClusterMemoryPolicy, MigrationOptions } from "../values.ts";
import { checkCluster } from "./check.ts";

@InputType()
export class UpdateClusterInput {
  @Field(() => Int, { nullable: true }) version?: number;
  @Field({ nullable: true }) name?: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field(() => ClusterCpu, { nullable: true }) cpu?: ClusterCpu;
  @Field(() => BiosType, { nullable: true }) biosType?: BiosType;
  @Field({ nullable: true }) ballooningEnabled?: boolean;
  @Field(() => ClusterMemoryPolicy, { nullable: true }) memoryPolicy?: ClusterMemoryPolicy;
  @Field(() => MigrationOptions, { nullable: true }) migration?: MigrationOptions;
}
const SETTABLE = ["name", "description", "comment", "cpu", "biosType", "ballooningEnabled", "memoryPolicy", "migration"] as const;

/** Running VMs keep what they started with. Throws NOT_FOUND, INVALID, CONFLICT (version, name taken). */
export const updateCluster = (
  engine: Engine,
  caller: Caller,
  { id, input, ...request }: Request & { id: string; input: UpdateClusterInput },
): Promise<Outcome<"Cluster">> =>
  command(engine, caller, request, {
    verb: "updateCluster",
    kind: "Cluster",
    input: { id, input },
    decide: (tx) => {
      permit(caller, "EDIT_CLUSTER_CONFIGURATION");
      const cluster = tx.need("Cluster", id);
      expectVersion(cluster, input.version);
      const patch = checkCluster(patchOf(input, SETTABLE));
      if (patch.name !== undefined) {
        patch.name = checkName(patch.name);
        refuseTaken(tx.snapshot.by("Cluster", "name", patch.name), "input.name", id);
      }
      const entity = tx.update("Cluster", cluster, patch);
      tx.event(auditEvent("USER_UPDATE_CLUSTER", `Cluster ${entity.name} was updated by ${caller.userName}.`, { clusterId: id }));
      return { entity };
    },
  });
