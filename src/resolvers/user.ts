import { Arg, Args, Ctx, Field, ID, Mutation, ObjectType, Query, Resolver } from "type-graphql";
import { addUser, AddUserInput } from "../domain/access/addUser.ts";
import { changePassword, ChangePasswordInput } from "../domain/access/changePassword.ts";
import { removeUser } from "../domain/access/removeUser.ts";
import { updateUser, UpdateUserInput } from "../domain/access/updateUser.ts";
import { User } from "../domain/access/user.ts";
import { connectionType, PageArgs, pageOf } from "./connection.ts";
import { requireCaller, type Context } from "./context.ts";
import { act, payloadType, RequestArgs, Risk } from "./payload.ts";

const UserConnection = connectionType("User", User);
const AddUserPayload = payloadType("AddUserPayload", "user", User);
const UpdateUserPayload = payloadType("UpdateUserPayload", "user", User);
const RemoveUserPayload = payloadType("RemoveUserPayload", "user", User);

@ObjectType()
class ChangePasswordPayload {
  @Field(() => User) user: User;
}

@Resolver(() => User)
export class UserResolver {
  @Query(() => User, { description: "Who is asking." })
  me(@Ctx() context: Context) {
    return context.snapshot.need("User", requireCaller(context).userId ?? "");
  }

  @Query(() => UserConnection)
  users(@Args() page: PageArgs, @Ctx() context: Context) {
    return pageOf(context, "User", page);
  }

  @Query(() => User, { nullable: true })
  user(@Arg("id", () => ID) id: string, @Ctx() { snapshot }: Context) {
    return snapshot.get("User", id);
  }

  @Risk("REVERSIBLE")
  @Mutation(() => AddUserPayload)
  addUser(@Arg("input") input: AddUserInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "user", addUser, { input, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => UpdateUserPayload)
  updateUser(@Arg("id", () => ID) id: string, @Arg("input") input: UpdateUserInput, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "user", updateUser, { id, input, ...request });
  }

  @Risk("DESTRUCTIVE")
  @Mutation(() => RemoveUserPayload, { description: "The last user with the role SuperUser stays." })
  removeUser(@Arg("id", () => ID) id: string, @Args() request: RequestArgs, @Ctx() context: Context) {
    return act(context, "user", removeUser, { id, ...request });
  }

  @Risk("REVERSIBLE")
  @Mutation(() => ChangePasswordPayload, { description: "The caller's own; ends all his sessions." })
  async changePassword(@Arg("input") input: ChangePasswordInput, @Ctx() context: Context) {
    const user = await changePassword(context.engine, requireCaller(context), input);
    context.repin();
    return { user };
  }
}
