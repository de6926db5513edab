import { Field, ID, InputType } from "type-graphql";
import { permit, type Caller } from "../access/caller.ts";
import { command, type Outcome, type Request } from "../command.ts";
import type { Engine } from "../engine.ts";
import { auditEvent } from "../event/codes.ts";
import { checkName, refuseTaken, withoutNulls } from "../input.ts";
import { BiosType, ClusterCpu, ClusterMemoryPolicy, MigrationOptions } from "../values.ts";
import { checkCluster } from "./check.ts";

@InputType()
export class AddClusterInput {
  @Field() name: string;
  @Field(() => ID) dataCenterId: string;
  @Field({ nullable: true }) description?: string;
  @Field({ nullable: true }) comment?: string;
  @Field(() => ClusterCpu, { nullable: true }) cpu?: ClusterCpu;
  @Field(() => BiosType, { nullable: true }) biosType?: BiosType;
  @Field({ nullable: true }) ballooningEnabled?: boolean;
  @Field(() => ClusterMemoryPolicy, { nullable: true }) memoryPolicy?: ClusterMemoryPolicy;
  @Field(() => MigrationOptions, { nullable: true }) migration?: MigrationOptions;
}

export const CLUSTER_DEFAULTS = {
  description: "",
  comment: "",
  cpu: { architecture: "X86_64", type: null },
  biosType: "Q35_SEA_BIOS",
  ballooningEnabled: true,
  memoryPolicy: { overCommit: { percent: 100 } },
  migration: { autoConverge: true, bandwidth: null },
} as const;

/** Throws NOT_FOUND (data center), INVALID, CONFLICT (name taken). */
export const addCluster = (
  engine: Engine,
  caller: Caller,
  { input, ...request }: Request & { input: AddClusterInput },
): Promise<Outcome<"Cluster">> =>
  command(engine, caller, request, {
    verb: "addCluster",
    kind: "Cluster",
    input,
    decide: (tx) => {
      permit(caller, "CREATE_CLUSTER");
      tx.need("DataCenter", input.dataCenterId);
      const given = checkCluster({ ...withoutNulls(input), name: checkName(input.name) });
      refuseTaken(tx.snapshot.by("Cluster", "name", given.name), "input.name");
      const entity = tx.insert("Cluster", { ...CLUSTER_DEFAULTS, ...given });
      tx.event(auditEvent("USER_ADD_CLUSTER", `Cluster ${entity.name} was added by ${caller.userName}.`, { clusterId: entity.id }));
      return { entity };
    },
  });
