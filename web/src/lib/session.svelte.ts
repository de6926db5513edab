import { graphql } from "../graphql/graphql.ts";
import { authorizeWith, execute } from "./execute.ts";
import { Failure, given, isFailure } from "./failure.ts";
import { patiently } from "./patiently.ts";

/** `restoring`: the page was just loaded and the cookie may still be good. */
export const session = $state<{ state: "restoring" | "out" | "in"; userName: string }>({ state: "restoring", userName: "" });

const LOGIN = graphql(`
  mutation Login($user: String!, $password: String!) {
    granted: login(user: $user, password: $password) {
      accessToken
      expiresAt
      user {
        userName
      }
    }
  }
`);
const REFRESH = graphql(`
  mutation Refresh {
    granted: refreshToken {
      accessToken
      expiresAt
      user {
        userName
      }
    }
  }
`);
const LOGOUT = graphql(`
  mutation Logout {
    logout {
      loggedOut
    }
  }
`);

/** A token this close to its end is not used any more, ms. */
const MARGIN_MS = 30_000;

let token = "";
let expiresAt = 0;
let renewing: Promise<void> | undefined;

interface Granted {
  accessToken: string;
  expiresAt: string;
  user: { userName: string };
}
function enter(granted: Granted): void {
  token = granted.accessToken;
  expiresAt = Date.parse(granted.expiresAt);
  authorizeWith(token);
  session.userName = granted.user.userName;
  session.state = "in";
}
function leave(): void {
  token = "";
  expiresAt = 0;
  authorizeWith(null);
  session.state = "out";
}

/** Throws Failure: UNAUTHENTICATED, RATE_LIMITED, OFFLINE. */
export async function login(user: string, password: string): Promise<void> {
  authorizeWith(null);
  enter(given((await execute(LOGIN, { user, password })).data.granted));
}

/** Ends the session here and at the engine. */
export async function logout(): Promise<void> {
  try {
    await execute(LOGOUT, {});
  } finally {
    leave();
  }
}

/** Restores the session of an earlier page; waits for an engine that is away. */
export async function restore(): Promise<void> {
  try {
    await patiently(renew, () => session.state === "restoring");
  } catch {
    leave();
  }
}

/** A new access token by the cookie, once for all who ask meanwhile. Ends the session when the cookie is no longer good. Throws Failure. */
function renew(): Promise<void> {
  renewing ??= exclusively(refresh).finally(() => (renewing = undefined));
  return renewing;
}

async function refresh(): Promise<void> {
  authorizeWith(null);
  try {
    enter(given((await execute(REFRESH, {})).data.granted));
  } catch (error) {
    if (isFailure(error, "UNAUTHENTICATED")) leave();
    throw error;
  }
}

/** A refresh token used twice ends its session, so two tabs must not use the same one: where the browser has locks they take turns. */
const exclusively = (work: () => Promise<void>): Promise<void> =>
  "locks" in navigator ? navigator.locks.request("overt-session", work) : work();

/** A token that is good for a while yet. Throws Failure. */
export async function accessToken(): Promise<string> {
  if (session.state === "out") throw new Failure("UNAUTHENTICATED", "Log in first.");
  if (Date.now() + MARGIN_MS > expiresAt) await renew();
  return token;
}

/** The engine refused the token before its time: the next use gets a new one. */
export function distrustToken(): void {
  expiresAt = 0;
}
