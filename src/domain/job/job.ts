import { Field, ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Flag, graphqlEnum, Id, Instant, OneOf, Real, Reference, Text, Value, Version, Whole } from "../noun/columns.ts";

export const JobStatus = graphqlEnum("JobStatus", "State of a job. STARTED covers waiting for a retry too.", [
  "STARTED",
  "FINISHED",
  "FAILED",
  "ABORTED",
  "UNKNOWN",
]);
export type JobStatus = keyof typeof JobStatus;
export const StepStatus = graphqlEnum("StepStatus", "State of a step. UNKNOWN = its turn has not come.", [
  "STARTED",
  "FINISHED",
  "FAILED",
  "ABORTED",
  "UNKNOWN",
]);
export type StepStatus = keyof typeof StepStatus;

@ObjectType({ description: "Why a job failed or a verb was refused." })
export class JobReason {
  @Field({ description: "Stable, for programs." }) code: string;
  @Field({ description: "For people." }) message: string;
}

@ObjectType({ description: "Anything slower than the database: watchable, resumed after a crash, kept." })
@Entity({ name: "job" })
@Index("ix_job_status", ["status", "startTime"])
@Index("ix_job_startTime", ["startTime"])
export class Job {
  @Id() id: string;
  @Version() version: number;
  @Text("The verb, e.g. `startVm`.") name: string;
  @Text("In words.", { length: 1024 }) description: string;
  @OneOf(JobStatus, "State.") status: JobStatus;
  @Real("Percent done, by steps and the progress of the running one.") progress: number;
  @Value(() => [JobReason], "Why it failed or was cancelled; empty otherwise.") reasons: JobReason[];
  @Flag("Whether `cancelJob` would be heard now.") cancellable: boolean;
  @Instant("When it was asked for.") startTime: Date;
  @Instant("When it ended.", { nullable: true }) endTime: Date | null;
  @Instant("Last sign of life.") lastUpdated: Date;
  @Text("Links the events of one request.", { length: 64 }) correlationId: string;
  @Text("Who asked for it, even when he is gone.", { nullable: true, hidden: true, length: 36 }) ownerId: string | null;

  @Text("Kind of the entity it is about.", { hidden: true, length: 40 }) subjectKind: string;
  @Text("The entity it is about.", { hidden: true, length: 36, index: true }) subjectId: string;
  @Value(() => Object, "What the verb decided.", { hidden: true }) input: Record<string, unknown>;
  @Text("Engine that runs it.", { nullable: true, hidden: true, length: 36 }) runner: string | null;
  @Instant("Until when `runner` may.", { nullable: true, hidden: true }) leaseUntil: Date | null;
  @Whole("Grows with every claim.", { hidden: true }) fence: number;
  @Flag("Someone asked to stop it.", { hidden: true }) cancelRequested: boolean;
  @Flag("Its steps are being undone.", { hidden: true }) undoing: boolean;
}

@ObjectType({ description: "A part of a job." })
@Entity({ name: "step" })
@Index("uq_step_number", ["jobId", "number"], { unique: true })
export class Step {
  @Id() id: string;
  @Version() version: number;
  @Reference(() => Job, "What it is a part of.") jobId: string;
  @Whole("From 0.") number: number;
  @Text("The step's name, e.g. `launch`.") name: string;
  @Text("In words.") description: string;
  @OneOf(StepStatus, "State.") status: StepStatus;
  @Real("Percent done.") progress: number;
  @Whole("Times it was tried.") attempts: number;
  @Instant("When it was first tried.", { nullable: true }) startTime: Date | null;
  @Instant("When it ended.", { nullable: true }) endTime: Date | null;
  @Instant("Not before this.", { nullable: true, hidden: true }) retryAt: Date | null;
  @Flag("Its effect was taken back.", { hidden: true }) undone: boolean;
}
