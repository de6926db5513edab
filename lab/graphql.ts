/** A GraphQL answer with errors; `code` is that of the first one. */
interface GraphQLFailure extends Error {
  code: string;
  reasons: readonly { code: string; message: string }[];
}
export interface Credentials {
  user: string;
  password: string;
}
export type Variables = Record<string, unknown>;
export interface GraphQLClient {
  url: string;
  /** Answers `data`; rejects with GraphQLFailure when there are errors. */
  query<T = any>(document: string, variables?: Variables): Promise<T>;
  /** A token that is good now, for the WebSocket. */
  accessToken(): Promise<string>;
}
interface Answer {
  data?: unknown;
  errors?: { message: string; extensions?: { code?: string; reasons?: { code: string; message: string }[] } }[];
}

const LOGIN = `mutation ($user: String!, $password: String!) { login(user: $user, password: $password) { accessToken expiresAt } }`;
/** A token this close to its end is not used any more, ms. */
const MARGIN_MS = 30_000;

/** A logged-in client; it logs in again before its token ends. Speaks the public schema like anybody else. */
export function graphqlClient(url: string, { user, password }: Credentials): GraphQLClient {
  let login: Promise<Login> | null = null;
  const accessToken = async () => {
    const asked = login;
    const current = await asked?.catch(() => null);
    if (current && Date.now() + MARGIN_MS < Date.parse(current.expiresAt)) return current.accessToken;
    // Of those who ask at the same time, the first logs in for all.
    if (login === asked) login = logIn(url, { user, password });
    return (await login!).accessToken;
  };
  return {
    url,
    accessToken,
    query: async <T>(document: string, variables: Variables = {}) => (await post(url, document, variables, await accessToken())) as T,
  };
}

interface Login {
  accessToken: string;
  expiresAt: string;
}
const logIn = (url: string, credentials: Credentials) =>
  post(url, LOGIN, { ...credentials }).then((data) => (data as { login: Login }).login);

/** One request over HTTP, without log-in unless a token is given. */
async function post(url: string, query: string, variables: Variables = {}, token?: string): Promise<unknown> {
  const headers = { "content-type": "application/json", ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const response = await fetch(new URL("/graphql", url), { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = (await response.json()) as Answer;
  const first = errors?.[0];
  if (first) {
    const { code = "INTERNAL", reasons = [] } = first.extensions ?? {};
    const failure: GraphQLFailure = Object.assign(new Error(`${first.message} (${code})`), { code, reasons });
    throw failure;
  }
  return data;
}

/** The id of the object of that name, or null. */
export async function find(client: GraphQLClient, collection: string, name: string): Promise<{ id: string } | null> {
  const document = `query ($search: String) { found: ${collection}(first: 10, search: $search) { nodes { id name } } }`;
  const { found } = await client.query<{ found: { nodes: { id: string; name: string }[] } }>(document, { search: `name = ${name}` });
  return found.nodes.find((node) => node.name === name) ?? null;
}

/** Calls the mutation, waits for its job to finish, and answers the id of the object it is about. */
export async function mutate(
  client: GraphQLClient,
  verb: string,
  noun: string,
  variables: { id?: string; input?: unknown },
): Promise<string> {
  const type = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input!`;
  const declared = [...(variables.id === undefined ? [] : ["$id: ID!"]), ...(variables.input === undefined ? [] : [`$input: ${type}`])];
  const given = Object.keys(variables).map((name) => `${name}: $${name}`);
  const document = `mutation (${declared.join(", ")}) { done: ${verb}(${given.join(", ")}) { job { id } ${noun} { id } } }`;
  const { done } = await client.query<{ done: Record<string, { id: string } | null> }>(document, variables);
  if (done.job) await jobFinished(client, done.job.id);
  return done[noun]?.id ?? "";
}

/** Resolves when the job is FINISHED; rejects with its reasons when it ends otherwise. */
export async function jobFinished(client: GraphQLClient, id: string, timeoutMs = 120_000): Promise<void> {
  const job = await until("a job's end", timeoutMs, async () => {
    const data = await client.query<{ job: JobState }>(
      `query ($id: ID!) { job(id: $id) { status description reasons { code message } } }`,
      { id },
    );
    return data.job.status === "STARTED" ? null : data.job;
  });
  if (job.status !== "FINISHED")
    throw new Error(`${job.description}: ${job.status}, ${job.reasons.map(({ message }) => message).join("; ")}`);
}
interface JobState {
  status: string;
  description: string;
  reasons: { code: string; message: string }[];
}

/** Asks again until `probe` answers something; rejects after `timeoutMs`, saying what was waited for. */
export async function until<T>(what: string, timeoutMs: number, probe: () => Promise<T | null | undefined | false>): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let pause = 20; ; pause = Math.min(pause * 1.3, 250)) {
    const answer = await probe();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1_000} s.`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
