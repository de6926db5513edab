import { Arg, Ctx, Field, FieldResolver, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import { changePassword, ChangePasswordInput } from "../domain/access/changePassword.ts";
import { systemRolesOf } from "../domain/access/systemRoles.ts";
import { User } from "../domain/access/user.ts";
import { requireCaller, type Context } from "./context.ts";
import { RiskOf } from "./noun/payload.ts";

@ObjectType({ description: "Answer of `changePassword`." })
class ChangePasswordPayload {
  @Field(() => User, { description: "The caller." }) user: User;
}

@Resolver(() => User)
export class UserFields {
  @Query(() => User, { nullable: true, description: "Who is asking." })
  me(@Ctx() context: Context) {
    return context.whole.need("User", requireCaller(context).userId ?? "");
  }

  @FieldResolver(() => [String], { description: "oVirt's predefined roles that he has on the whole system." })
  roles(@Root() { id }: User, @Ctx() { whole }: Context) {
    return systemRolesOf(whole, id);
  }

  @RiskOf("REVERSIBLE")
  @Mutation(() => ChangePasswordPayload, { description: "The caller's own; ends all his sessions." })
  async changePassword(@Arg("input", { description: "The old and the new one." }) input: ChangePasswordInput, @Ctx() context: Context) {
    const user = await changePassword(context.engine, requireCaller(context), input);
    context.repin();
    return { user };
  }
}
