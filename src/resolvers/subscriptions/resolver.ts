import { Arg, Args, ID, Resolver, Root, Subscription } from "type-graphql";
import { Job } from "../../domain/job/job.ts";
import type { Context } from "../context.ts";
import { ChangeMessage, ChangesArgs, changesFeed } from "./changes.ts";
import { EventMessage, EventsArgs, eventsFeed } from "./events.ts";
import type { Feed } from "./feed.ts";
import { jobFeed } from "./job.ts";
import {
  HostStatisticsArgs,
  HostStatisticsFrame,
  hostStatisticsFeed,
  VmStatisticsArgs,
  VmStatisticsFrame,
  vmStatisticsFeed,
} from "./statistics.ts";

/** A subscription field whose `subscribe` answers a feed; the server reads it on behalf of all its subscribers. */
const live = <A>(make: (context: Context, args: A) => Feed | Promise<Feed>) => ({
  subscribe: ({ args, context }: { args: unknown; context: unknown }) =>
    make(context as Context, args as A) as unknown as AsyncIterable<unknown>,
});

@Resolver()
export class SubscriptionResolver {
  @Subscription(() => ChangeMessage, { ...live(changesFeed), description: "Every change after a cursor, in order, each once." })
  changes(@Root() message: ChangeMessage, @Args() _args: ChangesArgs) {
    return message;
  }

  @Subscription(() => EventMessage, { ...live(eventsFeed), description: "Every event after a cursor, in order, each once." })
  events(@Root() message: EventMessage, @Args() _args: EventsArgs) {
    return message;
  }

  @Subscription(() => Job, {
    ...live((context, { id }: { id: string }) => jobFeed(context, id)),
    description: "A job as it is, then as it changes. Completes when the job has ended.",
  })
  job(@Root() job: Job, @Arg("id", () => ID, { description: "Of the job." }) _id: string) {
    return job;
  }

  @Subscription(() => HostStatisticsFrame, { ...live(hostStatisticsFeed), description: "Nothing is sent while nothing changes." })
  hostStatistics(@Root() frame: HostStatisticsFrame, @Args() _args: HostStatisticsArgs) {
    return frame;
  }

  @Subscription(() => VmStatisticsFrame, { ...live(vmStatisticsFeed), description: "Nothing is sent while nothing changes." })
  vmStatistics(@Root() frame: VmStatisticsFrame, @Args() _args: VmStatisticsArgs) {
    return frame;
  }
}
