import { Field, ObjectType } from "type-graphql";
import type { Viewer } from "../access/caller.ts";
import type { Permit } from "../access/permits.ts";
import type { Snapshot } from "../inventory/snapshot.ts";
import type { RowOf } from "../kinds.ts";
import { lacksPermit, Permitted, permittedUnless } from "../permitted.ts";
import { deactivationRefusal, hostStateRefusal, type HostVerb } from "./states.ts";

const NEEDS = {
  activate: "MANIPULATE_HOST",
  deactivate: "MANIPULATE_HOST",
  enrollCertificate: "EDIT_HOST_CONFIGURATION",
  update: "EDIT_HOST_CONFIGURATION",
  remove: "DELETE_HOST",
} as const satisfies Partial<Record<HostVerb, Permit>>;

@ObjectType({ description: "What the caller may do with this host now." })
export class HostCan {
  @Field(() => Permitted) activate: Permitted;
  @Field(() => Permitted) deactivate: Permitted;
  @Field(() => Permitted) enrollCertificate: Permitted;
  @Field(() => Permitted) update: Permitted;
  @Field(() => Permitted) remove: Permitted;
}

/** From the same table that refuses the verb. */
export function hostCan(snapshot: Snapshot, host: RowOf<"Host">, viewer: Viewer): HostCan {
  const entries = Object.entries(NEEDS).map(([verb, permit]) => [
    verb,
    permittedUnless([
      lacksPermit(viewer, permit),
      hostStateRefusal(host, verb as HostVerb),
      verb === "deactivate" ? deactivationRefusal(snapshot, host) : null,
    ]),
  ]);
  return Object.fromEntries(entries) as HostCan;
}
