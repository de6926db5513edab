import { graphql, type ResultOf } from "../graphql/graphql.ts";

/** Where a VM could go. */
export const DESTINATIONS = graphql(`
  query Destinations($search: String!) {
    hosts(first: 1000, search: $search) {
      nodes {
        id
        name
        status
        statusDetail
        summary {
          total
        }
      }
    }
  }
`);
export type Destination = NonNullable<ResultOf<typeof DESTINATIONS>["hosts"]>["nodes"][number];
