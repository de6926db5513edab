import { execute, type ExecutionArgs, type ExecutionResult, type GraphQLError } from "graphql";
import { makeServer, type Context as Connection, type OperationResult, type SubscribePayload } from "graphql-ws";
import type { Access } from "../../domain/access/access.ts";
import type { Engine } from "../../domain/engine.ts";
import { inSlice } from "../../slice.ts";
import { countOf, createContext } from "../context.ts";
import type { Client, Loads } from "./client.ts";
import { createCohorts, type Cohorts } from "./cohorts.ts";
import { endless } from "./endless.ts";
import { clientError } from "./errors.ts";
import { RequestErrors, type Operation, type Operations } from "./operation.ts";

type Params = Record<string, unknown> | undefined;
type ClientConnection = Connection<Params, Client>;
/** What the protocol library is given to run: all is checked by then. */
type Runnable = ExecutionArgs & { run: () => OperationResult };

export interface ProtocolParts {
  engine: Engine;
  access: Access;
  operations: Operations;
  loads: Loads;
  /** Told when a client has logged in. */
  loggedIn(client: Client): void;
}

/** graphql-transport-ws: the library keeps the protocol, and runs what was checked here. */
export function createProtocol({ engine, access, operations, loads, loggedIn }: ProtocolParts) {
  const cohorts = createCohorts(engine.log);
  const parts = { engine, access, cohorts };
  return makeServer<Params, Client>({
    async onConnect({ connectionParams, extra: client }) {
      const token = tokenIn(connectionParams);
      if (token === null) return true;
      const authenticated = await access.authenticate(token);
      if (!authenticated) return false;
      client.authenticated = authenticated;
      loggedIn(client);
      return true;
    },
    async onSubscribe({ extra: client }: ClientConnection, id, payload: SubscribePayload) {
      try {
        loads.check(client);
        await inSlice();
        const known = client.authenticated !== null && access.stillGood(client.authenticated);
        const operation = operations.prepare(payload, known, countOf(contextFor(parts, client)));
        const run = () =>
          operation.ast.operation === "subscription" ? subscribe(parts, client, operation, id) : answer(parts, client, operation);
        return { ...operation, run } as Runnable;
      } catch (error) {
        return asErrors(error, engine);
      }
    },
    execute: (args) => (args as Runnable).run(),
    subscribe: (args) => (args as Runnable).run(),
    onError: (_connection, _id, _payload, errors) => errors.map((error) => clientError(error, engine.log).toJSON()),
  });
}

const asErrors = (error: unknown, { log }: Engine): readonly GraphQLError[] =>
  (error instanceof RequestErrors ? error.errors : [error]).map((each) => clientError(each, log));

function tokenIn(params: Params): string | null {
  const given = params?.["authorization"] ?? params?.["Authorization"];
  return typeof given === "string" ? given.replace(/^Bearer /i, "") : null;
}

interface Parts {
  engine: Engine;
  access: Access;
  cohorts: Cohorts;
}
const contextFor = ({ engine, access }: Parts, { authenticated, address }: Client) =>
  createContext({ engine, access, caller: authenticated?.caller ?? null, sessionId: authenticated?.sessionId, address });

const answer = (parts: Parts, client: Client, operation: Operation): Promise<ExecutionResult> =>
  client.inLane(async () => {
    // Whoever asked is gone, and nobody will be told.
    if (client.socket.readyState !== client.socket.OPEN) return {};
    const contextValue = contextFor(parts, client);
    await inSlice();
    const { data, errors } = await execute({ ...operation, contextValue });
    await inSlice();
    return {
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.flatMap((error) => asErrors(error, parts.engine)) }),
      ...(contextValue.caller && { extensions: { asOf: String(contextValue.snapshot.cursor), cost: operation.cost } }),
    };
  });

/** The messages of the stream go past the library, since they are shared with other clients. */
async function subscribe(
  parts: Parts,
  client: Client,
  operation: Operation,
  id: string,
): Promise<AsyncGenerator<ExecutionResult> | ExecutionResult> {
  const { outbox } = client;
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  let leave: (() => void) | undefined;
  let over = false;
  const stream = endless<ExecutionResult>(() => {
    over = true;
    leave?.();
  });
  const subscriber = {
    userId: client.authenticated?.caller.userId ?? "",
    send: (payload: Buffer) => void (over || outbox.sendShared(head, payload, "}")),
    blocked: () => outbox.blocked(),
    drained: () => outbox.drained(),
    complete: () => stream.end(),
    fail: (error: unknown) => stream.end(error),
  };
  try {
    leave = await parts.cohorts.subscribe(operation, contextFor(parts, client), subscriber);
    if (over) leave();
    return stream.generator;
  } catch (error) {
    return { errors: asErrors(error, parts.engine) };
  }
}
