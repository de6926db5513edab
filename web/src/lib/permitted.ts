import { graphql } from "../graphql/graphql.ts";

/** Whether a verb is allowed now, for the caller, or why not. */
export const PERMITTED = graphql(`
  fragment Permitted on Permitted {
    allowed
    reasons {
      code
      message
    }
  }
`);
