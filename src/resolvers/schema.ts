import { DirectiveLocation, GraphQLDirective, GraphQLEnumType, GraphQLNonNull, specifiedDirectives, type GraphQLSchema } from "graphql";
import { buildSchema, type NonEmptyArray } from "type-graphql";
import { ClusterResolver } from "./cluster.ts";
import { DataCenterResolver } from "./dataCenter.ts";
import { DiskResolver } from "./disk.ts";
import { DiskAttachmentResolver } from "./diskAttachment.ts";
import { EntityResolver } from "./entity.ts";
import { EventResolver } from "./event.ts";
import { HostResolver } from "./host.ts";
import { JobResolver, StepResolver } from "./job.ts";
import { LoginResolver } from "./login.ts";
import { paceLists } from "./pace.ts";
import { NetworkResolver } from "./network.ts";
import { NicResolver } from "./nic.ts";
import { StorageDomainResolver } from "./storageDomain.ts";
import { SubscriptionResolver } from "./subscriptions.ts";
import { TemplateResolver } from "./template.ts";
import { UserResolver } from "./user.ts";
import { VmResolver } from "./vm.ts";
import { VmVerbs } from "./vmVerbs.ts";
import { VnicProfileResolver } from "./vnicProfile.ts";

const RiskLevel = new GraphQLEnumType({
  name: "RiskLevel",
  description: "How much harm a mutation can do.",
  values: {
    READ: { description: "Changes nothing." },
    REVERSIBLE: { description: "Can be taken back by another mutation." },
    DISRUPTIVE: { description: "Interrupts something that runs." },
    DESTRUCTIVE: { description: "Loses something for good." },
  },
});
const risk = new GraphQLDirective({
  name: "risk",
  description: "How much harm this mutation can do.",
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: { level: { type: new GraphQLNonNull(RiskLevel) } },
});

/** All that the product answers. */
export const RESOLVERS: NonEmptyArray<new () => object> = [
  ClusterResolver,
  DataCenterResolver,
  DiskResolver,
  DiskAttachmentResolver,
  EntityResolver,
  EventResolver,
  HostResolver,
  JobResolver,
  StepResolver,
  LoginResolver,
  NetworkResolver,
  NicResolver,
  StorageDomainResolver,
  SubscriptionResolver,
  TemplateResolver,
  UserResolver,
  VmResolver,
  VmVerbs,
  VnicProfileResolver,
];

const topics = (): never => {
  throw new Error("Subscriptions read feeds, not topics.");
};

/** The public schema. `resolvers` replaces the product's own: for specs. */
export async function buildAppSchema(resolvers = RESOLVERS): Promise<GraphQLSchema> {
  const directives = [...specifiedDirectives, risk];
  return paceLists(await buildSchema({ resolvers, directives, validate: false, pubSub: { publish: topics, subscribe: topics } }));
}
