import { Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import { Network } from "../domain/network/network.ts";
import { Nic } from "../domain/nic/nic.ts";
import { Mac, ReportedDevice } from "../domain/values.ts";
import type { Context } from "./context.ts";

@Resolver(() => Nic)
export class NicFields {
  @FieldResolver(() => Mac, { description: "Unique." })
  mac(@Root() { macAddress }: Nic): Mac {
    return { address: macAddress };
  }

  @FieldResolver(() => Network, { nullable: true, description: "That of its profile." })
  network(@Root() { vnicProfileId }: Nic, @Ctx() { snapshot }: Context) {
    return snapshot.get("Network", snapshot.get("VnicProfile", vnicProfileId)?.networkId ?? null);
  }

  @FieldResolver(() => [ReportedDevice], { description: "What the guest agent reports of it; empty while the VM does not run." })
  reportedDevices(@Root() { vmId, macAddress }: Nic, @Ctx() { snapshot }: Context) {
    return (snapshot.get("Vm", vmId)?.reportedDevices ?? []).filter(({ mac }) => mac.address.toLowerCase() === macAddress);
  }
}
