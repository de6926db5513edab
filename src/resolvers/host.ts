import { Arg, Args, Ctx, Field, FieldResolver, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import { GraphQLSafeInt } from "graphql-scalars";
import { Cluster } from "../domain/cluster/cluster.ts";
import { activateHost } from "../domain/host/activate.ts";
import { addHost, AddHostInput } from "../domain/host/add.ts";
import { hostCan, HostCan } from "../domain/host/can.ts";
import { deactivateHost, DeactivateHostInput } from "../domain/host/deactivate.ts";
import { enrollCertificateHost } from "../domain/host/enrollCertificate.ts";
import { HostEnrollment } from "../domain/host/enrollment.ts";
import { Host, VmSummary } from "../domain/host/host.ts";
import { removeHost } from "../domain/host/remove.ts";
import { revokeCertificateHost } from "../domain/host/revokeCertificate.ts";
import { updateHost, UpdateHostInput } from "../domain/host/update.ts";
import { Ip, Mac } from "../domain/values.ts";
import { freeMemory } from "../domain/host/freeMemory.ts";
import { connectionType, PageArgs, pageOf, pageOfRows } from "./connection.ts";
import { requireCaller, requireViewer, type Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";
import { HostUsage, hostUsage } from "./statistics.ts";
import { VmConnection } from "./vm.ts";

@ObjectType({ description: "A network device of a host." })
export class HostNic {
  @Field() name: string;
  @Field(() => Mac) mac: Mac;
  @Field({ description: "Whether it has a carrier." }) up: boolean;
  @Field(() => Int, { description: "Bytes." }) mtu: number;
  @Field(() => GraphQLSafeInt, { nullable: true, description: "Bits per second; null where the driver tells none." }) speed: number | null;
  @Field(() => [Ip]) ips: Ip[];
  @Field(() => String, { nullable: true, description: "Bridge it is a port of." }) bridge: string | null;
}

@ObjectType({ description: "Processors and the memory next to them." })
export class NumaNode {
  @Field(() => Int) index: number;
  @Field(() => GraphQLSafeInt, { description: "Bytes." }) memory: number;
  @Field(() => [Int], { description: "Numbers of its processors." }) cpus: number[];
}

export const HostConnection = connectionType("Host", Host);
const AddHostPayload = payloadType("AddHostPayload", "host", Host);
const UpdateHostPayload = payloadType("UpdateHostPayload", "host", Host);
const RemoveHostPayload = payloadType("RemoveHostPayload", "host", Host);
const ActivateHostPayload = payloadType("ActivateHostPayload", "host", Host);
const DeactivateHostPayload = payloadType("DeactivateHostPayload", "host", Host);
const EnrollCertificateHostPayload = payloadType("EnrollCertificateHostPayload", "host", Host);
const RevokeCertificateHostPayload = payloadType("RevokeCertificateHostPayload", "host", Host);
for (const payload of [AddHostPayload, EnrollCertificateHostPayload])
  Field(() => HostEnrollment, { nullable: true, description: "Null in PLAN mode, and when an earlier answer is given again." })(
    payload.prototype as object,
    "enrollment",
  );

@Resolver(() => Host)
export class HostResolver {
  @Query(() => HostConnection)
  hosts(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "Host", page);
  }

  @Query(() => Host, { nullable: true })
  host(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("Host", id);
  }

  @FieldResolver(() => Cluster)
  cluster(@Root() { clusterId }: Host, @Ctx() { snapshot }: Context) {
    return snapshot.get("Cluster", clusterId);
  }

  @FieldResolver(() => VmConnection, { description: "VMs that run here." })
  vms(@Root() { id }: Host, @Args() page: PageArgs, @Ctx() context: Context) {
    return pageOfRows(context, "Vm", context.snapshot.by("Vm", "hostId", id), page);
  }

  @FieldResolver(() => VmSummary)
  summary(@Root() { id }: Host, @Ctx() { snapshot }: Context): VmSummary {
    const here = snapshot.by("Vm", "hostId", id);
    const arriving = snapshot.by("Vm", "migratingToId", id);
    const leaving = here.filter((vm) => vm.status === "MIGRATING");
    return { active: here.length, migrating: leaving.length + arriving.length, total: here.length + arriving.length };
  }

  @FieldResolver(() => GraphQLSafeInt, {
    nullable: true,
    description: "Bytes that VMs can still be promised here; null until the agent first connected.",
  })
  maxSchedulingMemory(@Root() host: Host, @Ctx() { snapshot }: Context) {
    return freeMemory(snapshot, host);
  }

  @FieldResolver(() => [HostNic])
  nics(@Root() { capabilities }: Host): HostNic[] {
    return (capabilities?.nics ?? []).map(({ name, mac, up, mtu, speed, addresses, bridge }) => ({
      name,
      mac: { address: mac },
      up,
      mtu,
      bridge,
      speed: speed === null ? null : speed * 1_000_000,
      ips: addresses.map((address) => ({ address, version: address.includes(":") ? "V6" : "V4" })),
    }));
  }

  @FieldResolver(() => [NumaNode])
  numaNodes(@Root() { capabilities }: Host): NumaNode[] {
    return capabilities?.numaNodes ?? [];
  }

  @FieldResolver(() => HostUsage, { nullable: true, description: "Latest sample; null while there is none." })
  usage(@Root() { id }: Host, @Ctx() { engine }: Context) {
    return hostUsage(engine, id);
  }

  @FieldResolver(() => HostCan)
  can(@Root() host: Host, @Ctx() context: Context) {
    return hostCan(context.snapshot, host, requireViewer(context));
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddHostPayload, { description: "Makes a host and the token with which its agent enrols." })
  addHost(@Arg("input") input: AddHostInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return enrolling(context, addHost, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => EnrollCertificateHostPayload, { description: "A new token, for a host that lost its certificate or let it expire." })
  enrollCertificateHost(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return enrolling(context, enrollCertificateHost, { id, ...request });
  }

  @Risk("DISRUPTIVE")
  @Mutation(() => RevokeCertificateHostPayload, { description: "Ends the host's certificates and cuts it off; its VMs run on." })
  revokeCertificateHost(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "host", revokeCertificateHost, { id, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateHostPayload)
  updateHost(@Arg("id", () => ID) id: string, @Arg("input") input: UpdateHostInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "host", updateHost, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveHostPayload)
  removeHost(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "host", removeHost, { id, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => ActivateHostPayload)
  activateHost(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "host", activateHost, { id, ...request });
  }

  @Risk("DISRUPTIVE")
  @Mutation(() => DeactivateHostPayload, { description: "Maintenance: moves the VMs away first." })
  deactivateHost(
    @Arg("id", () => ID) id: string,
    @Arg("input", { nullable: true }) input: DeactivateHostInput,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ) {
    return act(context, "host", deactivateHost, { id, input, ...request });
  }
}

/** As `act`, with the token. */
async function enrolling<A>(
  context: Context,
  verb: (...args: [Context["engine"], ReturnType<typeof requireCaller>, A]) => ReturnType<typeof addHost>,
  args: A,
) {
  let enrollment: HostEnrollment | null = null;
  const payload = await act(
    context,
    "host",
    async (engine, caller, given: A) => {
      const outcome = await verb(engine, caller, given);
      enrollment = outcome.enrollment;
      return outcome;
    },
    args,
  );
  return { ...payload, enrollment };
}
