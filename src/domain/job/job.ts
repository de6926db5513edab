import { Field, ObjectType } from "type-graphql";
import { Entity, Index } from "typeorm";
import { Flag, graphqlEnum, Id, Instant, OneOf, Real, Reference, Text, Value, Version, Whole } from "../noun/columns.ts";
import { Node } from "../noun/node.ts";

export const JobStatus = graphqlEnum("JobStatus", "State of a job.", {
  STARTED: "Runs, or waits for a retry.",
  FINISHED: "Did what was asked for.",
  FAILED: "Could not, and took back what it did as far as it can be.",
  ABORTED: "Was cancelled, and took back what it did.",
  UNKNOWN: "Nobody knows how it ended.",
});
export type JobStatus = keyof typeof JobStatus;
export const StepStatus = graphqlEnum("StepStatus", "State of a step.", {
  STARTED: "Runs, or waits for a retry.",
  FINISHED: "Is done.",
  FAILED: "Could not be done.",
  ABORTED: "Was cancelled.",
  UNKNOWN: "Its turn has not come.",
});
export type StepStatus = keyof typeof StepStatus;

@ObjectType({ description: "Why a job failed or a verb was refused." })
export class JobReason {
  @Field({ description: "Stable, for programs." }) code: string;
  @Field({ description: "For people." }) message: string;
}

/** As its row was last journaled; what passes while it runs (its progress, who runs it) is in `job_run` and `step_run`. */
@ObjectType({ description: "Anything slower than the database: watchable, resumed after a crash, kept.", implements: Node })
@Entity({ name: "job" })
@Index("ix_job_status", ["status", "startTime"])
@Index("ix_job_startTime", ["startTime"])
@Index("uq_job_parent", ["parentId", "parentKey"], { unique: true })
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
  @Flag("Someone asked to stop it.", { hidden: true }) cancelRequested: boolean;
  @Flag("Its steps are being undone.", { hidden: true }) undoing: boolean;
  @Text("The job that it is a part of.", { nullable: true, hidden: true, length: 36, index: true }) parentId: string | null;
  @Text("By which that one finds it again.", { nullable: true, hidden: true, length: 120 }) parentKey: string | null;
}

@ObjectType({ description: "A part of a job.", implements: Node })
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
  @Flag("Its effect was taken back.", { hidden: true }) undone: boolean;
  @Text("Tells steps of one name apart.", { nullable: true, hidden: true, length: 120 }) key: string | null;
  @Value(() => Object, "What the plan says of it beside its name.", { nullable: true, hidden: true }) args: unknown;
  @Value(() => Object, "What it found out, for later steps and its undo.", { nullable: true, hidden: true }) result: unknown;
  @Text("The host that did it.", { nullable: true, hidden: true, length: 36 }) hostId: string | null;
}
