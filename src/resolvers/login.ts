import { Arg, Ctx, Field, Mutation, ObjectType, Resolver } from "type-graphql";
import { callerOf } from "../domain/access/caller.ts";
import type { LoggedIn } from "../domain/access/access.ts";
import { User } from "../domain/access/user.ts";
import { unauthenticated, type Context } from "./context.ts";
import { RiskOf } from "./payload.ts";

@ObjectType({
  description: "Give the access token as `Authorization: Bearer ...`, on a WebSocket as `connectionParams { authorization }`.",
})
class LoginPayload {
  @Field({ description: "Good for 15 minutes." }) accessToken: string;
  @Field({ description: "Good once, for the next pair of tokens. Browsers have it in a cookie too, which scripts cannot read." })
  refreshToken: string;
  @Field({ description: "End of the access token." }) expiresAt: Date;
  @Field(() => User) user: User;
}

@ObjectType()
export class LogoutPayload {
  @Field({ description: "Always true." }) loggedOut: boolean;
}

@Resolver()
export class LoginResolver {
  @RiskOf("REVERSIBLE")
  @Mutation(() => LoginPayload, { description: "UNAUTHENTICATED when the name or password is wrong, RATE_LIMITED after many failures." })
  async login(
    @Arg("profile", () => String, { nullable: true, defaultValue: "internal", description: "Directory." }) profile: string | null,
    @Arg("user", () => String, { description: "With or without `@internal`." }) user: string,
    @Arg("password", () => String) password: string,
    @Ctx() context: Context,
  ) {
    return handOut(context, await context.access.login({ profile: profile ?? "internal", user, password, address: context.address }));
  }

  @RiskOf("REVERSIBLE")
  @Mutation(() => LoginPayload, { description: "The next pair of tokens. A refresh token that is used twice ends its session." })
  async refreshToken(
    @Arg("refreshToken", () => String, { nullable: true, description: "The cookie's when absent." }) given: string | null | undefined,
    @Ctx() context: Context,
  ) {
    const token = given ?? context.cookie?.get();
    if (!token) throw unauthenticated();
    return handOut(context, await context.access.refresh(token));
  }

  @RiskOf("REVERSIBLE")
  @Mutation(() => LogoutPayload, { description: "Ends the session and its tokens." })
  async logout(
    @Arg("refreshToken", () => String, { nullable: true, description: "The cookie's when absent." }) given: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<LogoutPayload> {
    const token = given ?? context.cookie?.get();
    if (token) await context.access.logout(token);
    context.cookie?.clear();
    return { loggedOut: true };
  }
}

function handOut(context: Context, { user, accessToken, expiresAt, refresh }: LoggedIn): LoginPayload {
  context.cookie?.set(refresh.token, refresh.expiresAt);
  context.become(callerOf(context.engine.journal.snapshot(), user));
  return { accessToken, refreshToken: refresh.token, expiresAt, user };
}
