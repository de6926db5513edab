import { Field, GraphQLISODateTime, ObjectType } from "type-graphql";

@ObjectType({ description: "The certificate by which a host is known to the engine." })
export class Certificate {
  @Field({ description: "Lower-case hex." }) serialNumber: string;
  @Field({ description: "Distinguished name, as RFC 4514 writes it." }) subject: string;
  @Field(() => GraphQLISODateTime, { description: "When it was made." }) issuedAt: string;
  @Field(() => GraphQLISODateTime, { description: "The host is refused from then on, unless it has renewed it before." }) expiresAt: string;
  @Field({ description: "The certificate itself, as PEM." }) content: string;
}
