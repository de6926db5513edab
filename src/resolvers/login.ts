import { Arg, Ctx, Field, Mutation, ObjectType, Resolver, type ClassType } from "type-graphql";
import { callerOf } from "../domain/access/caller.ts";
import type { LoggedIn } from "../domain/access/access.ts";
import { User } from "../domain/access/user.ts";
import type { RowOf } from "../domain/kinds.ts";
import { unauthenticated, type Context } from "./context.ts";
import { RiskOf } from "./noun/payload.ts";

/** The payload type of a mutation that answers a pair of tokens. */
function tokensPayload(name: string): ClassType<Tokens> {
  @ObjectType(`${name}Payload`, {
    description: "Give the access token as `Authorization: Bearer ...`, on a WebSocket as `connectionParams { authorization }`.",
  })
  class Payload implements Tokens {
    @Field({ description: "Good for 15 minutes." }) accessToken: string;
    @Field({ description: "Good once, for the next pair of tokens. Browsers have it in a cookie too, which scripts cannot read." })
    refreshToken: string;
    @Field({ description: "End of the access token." }) expiresAt: Date;
    @Field(() => User, { description: "Who is logged in." }) user: RowOf<"User">;
  }
  return Payload;
}
interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: Date;
  user: RowOf<"User">;
}
const LoginPayload = tokensPayload("Login");
const RefreshTokenPayload = tokensPayload("RefreshToken");

@ObjectType({ description: "Answer of `logout`." })
export class LogoutPayload {
  @Field({ description: "Always true." }) loggedOut: boolean;
}

/** What is answered to whoever knows a secret is not nullable: the first wrong one ends the request, however many guesses are in it. */
@Resolver()
export class LoginResolver {
  @RiskOf("REVERSIBLE")
  @Mutation(() => LoginPayload, {
    description:
      "UNAUTHENTICATED when the name or password is wrong, FORBIDDEN when both are right and the user has no role to log in with, RATE_LIMITED after many failures.",
  })
  async login(
    @Arg("profile", () => String, { nullable: true, defaultValue: "internal", description: "Directory." }) profile: string | null,
    @Arg("user", () => String, { description: "With or without `@internal`." }) user: string,
    @Arg("password", () => String, { description: "As it is typed." }) password: string,
    @Ctx() context: Context,
  ) {
    return handOut(context, await context.access.login({ profile: profile ?? "internal", user, password, address: context.address }));
  }

  @RiskOf("REVERSIBLE")
  @Mutation(() => RefreshTokenPayload, { description: "The next pair of tokens. A refresh token that is used twice ends its session." })
  async refreshToken(
    @Arg("refreshToken", () => String, { nullable: true, description: "The cookie's when absent." }) given: string | null | undefined,
    @Ctx() context: Context,
  ) {
    const token = given ?? context.cookie?.get();
    if (!token) throw unauthenticated();
    return handOut(context, await context.access.refresh(token));
  }

  @RiskOf("REVERSIBLE")
  @Mutation(() => LogoutPayload, { nullable: true, description: "Ends the session and its tokens." })
  async logout(
    @Arg("refreshToken", () => String, { nullable: true, description: "The cookie's and the asker's own session when absent." })
    given: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<LogoutPayload> {
    const { access, caller, sessionId, cookie } = context;
    const token = given ?? cookie?.get();
    if (token) await access.logout(token);
    if (given == null && caller && sessionId) await access.logout({ caller, sessionId });
    cookie?.clear();
    return { loggedOut: true };
  }
}

function handOut(context: Context, { user, accessToken, expiresAt, refresh }: LoggedIn): Tokens {
  context.cookie?.set(refresh.token, refresh.expiresAt);
  context.become(callerOf(context.engine.journal.snapshot(), user));
  return { accessToken, refreshToken: refresh.token, expiresAt, user };
}
