import { declarationOf } from "../noun/declaration.ts";
import { newRow, placeIn, tell } from "../noun/defaults.ts";
import { addInputOf } from "../noun/inputs.ts";
import { addition } from "../noun/verb.ts";
import { ENROLLMENT } from "./enrolling.ts";
import { newEnrollment } from "./enrollment.ts";
import { Host } from "./host.ts";

/** Makes a host and the one-time token with which its agent enrols. Throws NOT_FOUND (cluster), INVALID, CONFLICT (name taken). */
export const addHost = addition({
  name: "addHost",
  on: "Host",
  permit: "CREATE_HOST",
  risk: "REVERSIBLE",
  description: "Makes a host and the token with which its agent enrols.",
  input: addInputOf(declarationOf(Host.name)),
  within: placeIn("Host"),
  payload: ENROLLMENT,
  prepare: ({ engine, input }) => newEnrollment(engine.settings, String(input["address"])),
  decide: (tx, given) => {
    const entity = tx.insert("Host", newRow(tx, "Host", { given }));
    given.prepared.store(tx, entity.id);
    tell(tx, "USER_ADD_VDS", { kind: "Host", row: entity, done: `was added by ${given.caller.userName}` });
    return { entity };
  },
  after: (_outcome, { prepared }) => ({ enrollment: prepared }),
});
