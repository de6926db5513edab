import { graphql, type ResultOf } from "../graphql/graphql.ts";

export const ENROLLMENT = graphql(`
  fragment Enrollment on HostEnrollment {
    command
    fingerprint
    expiresAt
    warnings {
      code
      message
    }
  }
`);
export type Enrollment = ResultOf<typeof ENROLLMENT>;

/** To see it come. */
export const HOST_STATE = graphql(`
  query HostState($id: ID!) {
    host(id: $id) {
      status
      statusDetail
    }
  }
`);
