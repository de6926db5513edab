import { Arg, Args, Ctx, Field, FieldResolver, ID, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import { User } from "../domain/access/user.ts";
import { Job, Step } from "../domain/job/job.ts";
import { cancelJob } from "../domain/job/cancel.ts";
import { EntityKind } from "../domain/kinds.ts";
import { requireCaller, type Context } from "./context.ts";
import { jobSeen } from "./jobSeen.ts";
import { CommandPlan, planPayload, RequestArgs, RiskOf } from "./noun/payload.ts";
import { HistoryArgs, JobConnection, jobPage } from "./connection/history.ts";

@ObjectType({ description: "What a job is about." })
export class JobSubject {
  @Field(() => EntityKind, { description: "What it is." }) kind: keyof typeof EntityKind;
  @Field(() => ID, { description: "Which one, even when it is gone." }) id: string;
}

@ObjectType({ description: "Answer of `cancelJob`." })
class CancelJobPayload {
  @Field(() => Job, { nullable: true, description: "Null in PLAN mode." }) job: Job | null;
  @Field(() => CommandPlan, { nullable: true, description: "In PLAN mode only." }) plan: CommandPlan | null;
}

@Resolver(() => Job)
export class JobResolver {
  @Query(() => JobConnection, { nullable: true, description: "Newest first." })
  jobs(@Args() page: HistoryArgs, @Ctx() context: Context) {
    return jobPage(context, page);
  }

  @Query(() => Job, { nullable: true, description: "A job by its id; null when there is none of it to be seen." })
  job(@Arg("id", () => ID, { description: "Of the object." }) id: string, @Ctx() context: Context) {
    return jobSeen(context, id);
  }

  @FieldResolver(() => [Step], { description: "In their order." })
  steps(@Root() { id }: Job, @Ctx() { loaders }: Context) {
    return loaders.stepsOfJob.load(id);
  }

  @FieldResolver(() => User, { nullable: true, description: "Who asked for it; null = the engine itself." })
  owner(@Root() { ownerId }: Job, @Ctx() { snapshot }: Context) {
    return snapshot.get("User", ownerId);
  }

  @FieldResolver(() => JobSubject, { description: "What it is about." })
  subject(@Root() { subjectKind, subjectId }: Job): JobSubject {
    return { kind: subjectKind as keyof typeof EntityKind, id: subjectId };
  }

  @RiskOf("REVERSIBLE")
  @Mutation(() => CancelJobPayload, { nullable: true, description: "Asks a job to stop and take back what it did." })
  async cancelJob(
    @Arg("id", () => ID, { description: "Of the object." }) id: string,
    @Args() request: RequestArgs,
    @Ctx() context: Context,
  ): Promise<CancelJobPayload> {
    const { job, plan } = await cancelJob(context.engine, requireCaller(context), { id, ...request });
    context.repin();
    return { job, plan: plan && planPayload(context, plan) };
  }
}

@Resolver(() => Step)
export class StepResolver {
  @FieldResolver(() => Job, { description: "What it is a part of." })
  job(@Root() { jobId }: Step, @Ctx() { loaders }: Context) {
    return loaders.job.load(jobId);
  }
}
