import { Field, ObjectType } from "type-graphql";
import type { Reason } from "../errors.ts";
import { JobReason } from "./job/job.ts";

@ObjectType({ description: "Whether a verb is allowed now, for the caller." })
export class Permitted {
  @Field() allowed: boolean;
  @Field(() => [JobReason], { description: "Why not; empty when allowed." }) reasons: Reason[];
}

export function permittedUnless(reasons: readonly (Reason | null)[]): Permitted {
  const refusals = reasons.filter((reason) => reason !== null);
  return { allowed: refusals.length === 0, reasons: refusals };
}
