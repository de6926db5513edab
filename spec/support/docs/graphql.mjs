// graphql.mjs URL TOKEN DOCUMENT VARIABLES: prints the answer of a query or mutation, or the first one of a subscription.
import { parse } from "graphql";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";

const [url, token, query, variables] = process.argv.slice(2);
const [{ operation }] = parse(query).definitions;
if (operation === "subscription") {
  const client = createClient({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${token}` },
  });
  for await (const answer of client.iterate({ query, variables: JSON.parse(variables) })) {
    console.log(JSON.stringify(answer));
    break;
  }
  await client.dispose();
} else {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const body = JSON.stringify({ query, variables: JSON.parse(variables) });
  console.log(await (await fetch(url, { method: "POST", headers, body })).text());
}
