import { Arg, Ctx, Field, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { changePassword, ChangePasswordInput } from "../domain/access/changePassword.ts";
import { User } from "../domain/access/user.ts";
import { requireCaller, type Context } from "./context.ts";
import { RiskOf } from "./payload.ts";

@ObjectType({ description: "Answer of `changePassword`." })
class ChangePasswordPayload {
  @Field(() => User, { description: "The caller." }) user: User;
}

@Resolver(() => User)
export class UserFields {
  @Query(() => User, { description: "Who is asking." })
  me(@Ctx() context: Context) {
    return context.snapshot.need("User", requireCaller(context).userId ?? "");
  }

  @RiskOf("REVERSIBLE")
  @Mutation(() => ChangePasswordPayload, { description: "The caller's own; ends all his sessions." })
  async changePassword(@Arg("input", { description: "The old and the new one." }) input: ChangePasswordInput, @Ctx() context: Context) {
    const user = await changePassword(context.engine, requireCaller(context), input);
    context.repin();
    return { user };
  }
}
