import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from "type-graphql";
import { Display, TimeZone } from "../domain/values.ts";
import { utcOffsetText } from "../domain/vm/timeZone.ts";
import { Vm } from "../domain/vm/vm.ts";
import type { Context } from "./context.ts";
import { VmUsage, vmUsage } from "./statistics.ts";

@ObjectType({ description: "Software in a guest." })
class Application {
  @Field({ description: "With its version." }) name: string;
}

/** A guest reports what its clocks are ahead; of a zone that was asked for it is reckoned. */
@Resolver(() => TimeZone)
export class TimeZoneFields {
  @FieldResolver()
  utcOffset(@Root() { name, utcOffset }: Partial<TimeZone> & { name: string }): string {
    return utcOffset ?? utcOffsetText(name, new Date());
  }
}

@Resolver(() => Vm)
export class VmFields {
  @FieldResolver(() => [Application], { description: "As the guest agent reports it; empty while the VM does not run." })
  applications(@Root() { applicationNames }: Vm) {
    return applicationNames.map((name) => ({ name }));
  }

  @FieldResolver(() => Boolean, { description: "Whether one of its disks is broken." })
  hasIllegalImages(@Root() { id }: Vm, @Ctx() { whole }: Context): boolean {
    return whole.by("DiskAttachment", "vmId", id).some(({ diskId }) => whole.get("Disk", diskId)?.status === "ILLEGAL");
  }

  @FieldResolver(() => Display)
  display(@Root() { display, displayAddress, displayPort }: Vm): Display {
    return { ...display, address: displayAddress, port: displayPort };
  }

  @FieldResolver(() => VmUsage, { nullable: true, description: "Latest sample; null while there is none." })
  usage(@Root() { id }: Vm, @Ctx() { engine, isPast }: Context) {
    return isPast ? null : vmUsage(engine, id);
  }
}
