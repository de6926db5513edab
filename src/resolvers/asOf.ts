import { Arg } from "type-graphql";

const DESCRIPTION = [
  "The object as it was at this time, and with it all that it leads to: null when there was none, INVALID (reason FORGOTTEN, with",
  "the earliest time that is known) for what is forgotten. The caller sees what he may see now. What hosts measure (`usage`),",
  "jobs and events are not of that moment.",
].join(" ");

/** Argument of a query of the root; what becomes of it is in moment.ts. */
export const AsOf = (): ParameterDecorator => Arg("asOf", () => Date, { nullable: true, description: DESCRIPTION }) as ParameterDecorator;
