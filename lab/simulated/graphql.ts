import { setTimeout as sleep } from "node:timers/promises";

const RATE_LIMIT_PAUSE_MS = 500;
const ATTEMPTS = 20;

/** How to reach an engine's GraphQL: its base URL, and a user as `name@profile`. */
export interface Account {
  url: string;
  user: string;
  password: string;
}
/** Runs one operation. Rejects with the first error of the answer, whose `code` is the engine's. */
export type Execute = <T>(query: string, variables?: object) => Promise<T>;

interface GraphqlFailure extends Error {
  code: string;
}
interface Answer {
  data?: unknown;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** Logs in at the first operation, and again when the token has run out; waits when the engine limits the rate. */
export function createExecute({ url, user, password }: Account): Execute {
  const endpoint = new URL("/graphql", url);
  const at = user.lastIndexOf("@");
  const [name, profile] = at < 0 ? [user, "internal"] : [user.slice(0, at), user.slice(at + 1)];
  let token: Promise<string> | null = null;

  const post = async (query: string, variables: object, headers: Record<string, string>): Promise<unknown> => {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(endpoint, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
    const { data, errors } = (await response.json()) as Answer;
    const first = errors?.[0];
    if (first !== undefined) throw Object.assign(new Error(first.message), { code: first.extensions?.code ?? "INTERNAL" });
    return data;
  };
  const login = async (): Promise<string> => {
    const query =
      "mutation ($profile: String!, $user: String!, $password: String!) { login(profile: $profile, user: $user, password: $password) { accessToken } }";
    const data = (await post(query, { profile, user: name, password }, {})) as { login: { accessToken: string } };
    return data.login.accessToken;
  };

  return async <T>(query: string, variables: object = {}): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        token ??= login();
        return (await post(query, variables, { authorization: `Bearer ${await token}` })) as T;
      } catch (error) {
        const { code } = error as GraphqlFailure;
        if (attempt === ATTEMPTS || (code !== "RATE_LIMITED" && !(code === "UNAUTHENTICATED" && attempt === 1))) throw error;
        if (code === "UNAUTHENTICATED") token = null;
        else await sleep(RATE_LIMIT_PAUSE_MS);
      }
    }
  };
}
