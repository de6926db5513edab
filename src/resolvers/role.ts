import { Field, FieldResolver, ObjectType, Query, Resolver, Root } from "type-graphql";
import { PERMITS, type Permit } from "../domain/access/permits.ts";
import { Role } from "../domain/access/role.ts";

@ObjectType("Permit", { description: "One thing that can be allowed: oVirt's action group." })
class PermitType {
  @Field({ description: "oVirt's name." }) name: string;
  @Field({ description: "Whether only roles for administrators carry it." }) administrative: boolean;
}
const permitOf = (name: string): PermitType => ({ name, administrative: PERMITS[name as Permit].administrative });

@Resolver(() => Role)
export class RoleFields {
  @Query(() => [PermitType], { nullable: true, description: "All permits that there are." })
  permits(): PermitType[] {
    return Object.keys(PERMITS).map(permitOf);
  }

  @FieldResolver(() => [PermitType], { name: "permits", description: "What it allows." })
  allowed(@Root() { permitNames }: Role): PermitType[] {
    return permitNames.map(permitOf);
  }
}
