import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from "type-graphql";
import { GraphQLSafeInt } from "graphql-scalars";
import { Host, VmSummary } from "../domain/host/host.ts";
import { Ip, Mac } from "../domain/values.ts";
import { freeMemory } from "../domain/host/freeMemory.ts";
import type { Context } from "./context.ts";
import { HostUsage, hostUsage } from "./statistics.ts";

@ObjectType({ description: "A network device of a host." })
export class HostNic {
  @Field({ description: "As the host calls it." }) name: string;
  @Field(() => Mac, { description: "Hardware address." }) mac: Mac;
  @Field({ description: "Whether it has a carrier." }) up: boolean;
  @Field(() => Int, { description: "Bytes." }) mtu: number;
  @Field(() => GraphQLSafeInt, { nullable: true, description: "Bits per second; null where the driver tells none." }) speed: number | null;
  @Field(() => [Ip], { description: "Addresses it has." }) ips: Ip[];
  @Field(() => String, { nullable: true, description: "Bridge it is a port of." }) bridge: string | null;
}

@ObjectType({ description: "Processors and the memory next to them." })
export class NumaNode {
  @Field(() => Int, { description: "Its number on the host." }) index: number;
  @Field(() => GraphQLSafeInt, { description: "Bytes." }) memory: number;
  @Field(() => [Int], { description: "Numbers of its processors." }) cpus: number[];
}

@Resolver(() => Host)
export class HostFields {
  @FieldResolver(() => VmSummary, { description: "VMs here, counted." })
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
  maxSchedulingMemory(@Root() host: Host, @Ctx() { whole }: Context) {
    // VMs that are hidden take memory too.
    return freeMemory(whole, host);
  }

  @FieldResolver(() => [HostNic], { description: "As its agent reports them; empty until it first connected." })
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

  @FieldResolver(() => [NumaNode], { description: "As its agent reports them; empty until it first connected." })
  numaNodes(@Root() { capabilities }: Host): NumaNode[] {
    return capabilities?.numaNodes ?? [];
  }

  @FieldResolver(() => HostUsage, { nullable: true, description: "Latest sample; null while there is none." })
  usage(@Root() { id }: Host, @Ctx() { engine, isPast }: Context) {
    return isPast ? null : hostUsage(engine, id);
  }
}
