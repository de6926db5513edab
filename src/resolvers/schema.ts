import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLNonNull,
  isScalarType,
  specifiedDirectives,
  type GraphQLSchema,
} from "graphql";
import { buildSchema, GraphQLISODateTime, type NonEmptyArray } from "type-graphql";
import { NOUNS } from "../domain/noun/all.ts";
import { AffinityGroupFields } from "./affinityGroup.ts";
import { ClusterFields } from "./cluster.ts";
import { DiskFields } from "./disk.ts";
import { EntityResolver } from "./entity.ts";
import { EventResolver } from "./event.ts";
import { HostFields } from "./host.ts";
import { JobResolver, StepResolver } from "./job.ts";
import { LoginResolver } from "./login.ts";
import { NicFields } from "./nic.ts";
import { followMoments } from "./moment.ts";
import { nounResolver } from "./noun/resolver.ts";
import { paceLists } from "./cost/pace.ts";
import { ObjectChangeResolver } from "./objectChanges.ts";
import { PermissionFields } from "./permission.ts";
import { RoleFields } from "./role.ts";
import { StorageDomainFields } from "./storageDomain.ts";
import { SubscriptionResolver } from "./subscriptions/resolver.ts";
import { UserFields } from "./user.ts";
import { TimeZoneFields, VmFields } from "./vm.ts";

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
  args: { level: { type: new GraphQLNonNull(RiskLevel), description: "The worst that it can do." } },
});

/** All that the product answers. */
export const RESOLVERS: NonEmptyArray<new () => object> = [
  EntityResolver,
  EventResolver,
  JobResolver,
  StepResolver,
  LoginResolver,
  SubscriptionResolver,
  ObjectChangeResolver,
  AffinityGroupFields,
  ClusterFields,
  DiskFields,
  HostFields,
  NicFields,
  PermissionFields,
  RoleFields,
  StorageDomainFields,
  UserFields,
  VmFields,
  TimeZoneFields,
  ...NOUNS.map((noun) => nounResolver(noun, NOUNS)),
];

const topics = (): never => {
  throw new Error("Subscriptions read feeds, not topics.");
};

/** The public schema. `resolvers` replaces the product's own: for specs. */
export async function buildAppSchema(resolvers = RESOLVERS): Promise<GraphQLSchema> {
  const directives = [...specifiedDirectives, risk];
  const schema = await buildSchema({ resolvers, directives, validate: false, pubSub: { publish: topics, subscribe: topics } });
  return paceLists(followMoments(describe(schema)));
}

/** What type-graphql has no place for. */
function describe(schema: GraphQLSchema): GraphQLSchema {
  schema.getQueryType()!.description = "All reads of one request see the same moment, which `extensions.asOf` names.";
  const mutations = schema.getMutationType();
  if (mutations) mutations.description = "Done one after the other. None waits for a host: what takes longer is a job.";
  const subscriptions = schema.getSubscriptionType();
  if (subscriptions) subscriptions.description = "Streams, over graphql-transport-ws.";
  const times = schema.getType(GraphQLISODateTime.name);
  if (isScalarType(times)) times.specifiedByURL = "https://www.rfc-editor.org/rfc/rfc3339";
  return schema;
}
