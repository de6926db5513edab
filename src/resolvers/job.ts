import { Arg, Args, Ctx, Field, FieldResolver, ID, Mutation, ObjectType, Query, Resolver, Root } from "type-graphql";
import { User } from "../domain/access/user.ts";
import { Job, Step } from "../domain/job/job.ts";
import { cancelJob } from "../domain/job/cancel.ts";
import { EntityKind } from "../domain/kinds.ts";
import { requireCaller, type Context } from "./context.ts";
import { jobSeen } from "./jobSeen.ts";
import { RiskOf } from "./payload.ts";
import { HistoryArgs, JobConnection, jobPage } from "./history.ts";

@ObjectType({ description: "What a job is about." })
export class JobSubject {
  @Field(() => EntityKind) kind: keyof typeof EntityKind;
  @Field(() => ID) id: string;
}

@ObjectType()
class CancelJobPayload {
  @Field(() => Job) job: Job;
}

@Resolver(() => Job)
export class JobResolver {
  @Query(() => JobConnection, { description: "Newest first." })
  jobs(@Args() page: HistoryArgs, @Ctx() context: Context) {
    return jobPage(context, page);
  }

  @Query(() => Job, { nullable: true })
  job(@Arg("id", () => ID) id: string, @Ctx() context: Context) {
    return jobSeen(context, id);
  }

  @FieldResolver(() => [Step])
  steps(@Root() { id }: Job, @Ctx() { loaders }: Context) {
    return loaders.stepsOfJob.load(id);
  }

  @FieldResolver(() => User, { nullable: true, description: "Who asked for it; null = the engine itself." })
  owner(@Root() { ownerId }: Job, @Ctx() { snapshot }: Context) {
    return snapshot.get("User", ownerId);
  }

  @FieldResolver(() => JobSubject)
  subject(@Root() { subjectKind, subjectId }: Job): JobSubject {
    return { kind: subjectKind as keyof typeof EntityKind, id: subjectId };
  }

  @RiskOf("REVERSIBLE")
  @Mutation(() => CancelJobPayload, { description: "Asks a job to stop and take back what it did." })
  async cancelJob(@Arg("id", () => ID) id: string, @Ctx() context: Context) {
    return { job: await cancelJob(context.engine, requireCaller(context), id) };
  }
}

@Resolver(() => Step)
export class StepResolver {
  @FieldResolver(() => Job)
  job(@Root() { jobId }: Step, @Ctx() { loaders }: Context) {
    return loaders.job.load(jobId);
  }
}
