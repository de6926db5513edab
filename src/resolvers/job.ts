import { Arg, Args, Ctx, Field, FieldResolver, Float, ID, Int, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import { User } from "../domain/access/user.ts";
import { showsJob } from "../domain/access/view.ts";
import { Job, Step, StepStatus } from "../domain/job/job.ts";
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

  @FieldResolver(() => Float)
  async progress(@Root() job: Job, @Ctx() context: Context) {
    return (await asItRuns(job, context)).progress;
  }

  @FieldResolver(() => Boolean)
  async cancellable(@Root() job: Job, @Ctx() context: Context) {
    return (await asItRuns(job, context)).cancellable;
  }

  @FieldResolver(() => Date)
  async lastUpdated(@Root() job: Job, @Ctx() context: Context) {
    return (await asItRuns(job, context)).lastUpdated;
  }

  @FieldResolver(() => Job, { nullable: true, description: "The job that it is a part of." })
  parent(@Root() { parentId }: Job, @Ctx() context: Context) {
    return parentId === null ? null : jobSeen(context, parentId);
  }

  @FieldResolver(() => [Job], { description: "Jobs that are a part of it, the oldest first." })
  async children(@Root() { id }: Job, @Ctx() { loaders, snapshot }: Context) {
    return (await loaders.childrenOfJob.load(id)).filter((child) => showsJob(snapshot, child));
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

/** What passes of it is beside its row while it runs. One that has ended since it was read is read anew. */
async function asItRuns(job: Job, { loaders }: Context): Promise<Pick<Job, "progress" | "cancellable" | "lastUpdated">> {
  if (job.status !== "STARTED") return job;
  return (await loaders.jobRun.load(job.id)) ?? (await loaders.job.load(job.id)) ?? job;
}
const runOf = async ({ jobId, number, endTime }: Step, { loaders }: Context) =>
  endTime === null ? (await loaders.stepRunsOfJob.load(jobId)).find((run) => run.number === number) : undefined;

@Resolver(() => Step)
export class StepResolver {
  @FieldResolver(() => StepStatus)
  async status(@Root() step: Step, @Ctx() context: Context): Promise<StepStatus> {
    return step.status === "UNKNOWN" && (await runOf(step, context)) ? "STARTED" : step.status;
  }

  @FieldResolver(() => Float)
  async progress(@Root() step: Step, @Ctx() context: Context) {
    return (await runOf(step, context))?.progress ?? step.progress;
  }

  @FieldResolver(() => Int)
  async attempts(@Root() step: Step, @Ctx() context: Context) {
    return (await runOf(step, context))?.attempts ?? step.attempts;
  }

  @FieldResolver(() => Date, { nullable: true })
  async startTime(@Root() step: Step, @Ctx() context: Context) {
    return (await runOf(step, context))?.startTime ?? step.startTime;
  }

  @FieldResolver(() => Job, { description: "What it is a part of." })
  job(@Root() { jobId }: Step, @Ctx() { loaders }: Context) {
    return loaders.job.load(jobId);
  }
}
