import { graphql, type ResultOf } from "../graphql/graphql.ts";

const JOB = graphql(`
  fragment JobLine on Job {
    id
    name
    description
    status
    progress
    cancellable
    startTime
    endTime
    owner {
      userName
    }
    subject {
      kind
      id
    }
    reasons {
      code
      message
    }
    steps {
      id
      description
      status
      progress
      attempts
    }
  }
`);
export type JobLine = ResultOf<typeof JOB>;

export const JOBS = graphql(
  `
    query Jobs($first: Int!) {
      jobs(first: $first) {
        nodes {
          ...JobLine
        }
      }
    }
  `,
  [JOB],
);
/** A step that has ended is news of its job. */
export const JOB_CHANGES = graphql(
  `
    subscription JobChanges($after: Cursor) {
      message: changes(kinds: [Job, Step], after: $after) {
        cursor
        gap {
          to
        }
        entity {
          __typename
          ...JobLine
          ... on Step {
            job {
              ...JobLine
            }
          }
        }
      }
    }
  `,
  [JOB],
);
/** What passes of a running job, such as its progress, is not among the changes. */
export const JOB_PROGRESS = graphql(
  `
    subscription JobProgress($id: ID!) {
      job(id: $id) {
        ...JobLine
      }
    }
  `,
  [JOB],
);
export const CANCEL_JOB = graphql(`
  mutation CancelJob($id: ID!) {
    cancelJob(id: $id) {
      job {
        id
      }
    }
  }
`);

const EVENT = graphql(`
  fragment EventLine on Event {
    id
    name
    severity
    time
    description
    user {
      userName
    }
    vm {
      id
      name
    }
    host {
      id
      name
    }
  }
`);
export type EventLine = ResultOf<typeof EVENT>;

export const EVENTS = graphql(
  `
    query Events($first: Int!, $after: String, $search: String) {
      events(first: $first, after: $after, search: $search) {
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          ...EventLine
        }
      }
    }
  `,
  [EVENT],
);
export const EVENT_STREAM = graphql(
  `
    subscription EventStream($after: Cursor, $search: String) {
      message: events(after: $after, search: $search) {
        cursor
        gap {
          to
        }
        event {
          ...EventLine
        }
      }
    }
  `,
  [EVENT],
);
