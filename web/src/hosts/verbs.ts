import { graphql, type ResultOf } from "../graphql/graphql.ts";
import { request } from "../lib/request.ts";

const ENROLLMENT = graphql(`
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

const CLUSTERS = graphql(`
  query Clusters {
    clusters(first: 1000) {
      nodes {
        id
        name
      }
    }
  }
`);
const ADD = graphql(
  `
    mutation AddHost($input: AddHostInput!) {
      addHost(input: $input) {
        host {
          id
          name
        }
        enrollment {
          ...Enrollment
        }
      }
    }
  `,
  [ENROLLMENT],
);
const ENROLL = graphql(
  `
    mutation EnrollHost($id: ID!) {
      enrollCertificateHost(id: $id) {
        enrollment {
          ...Enrollment
        }
      }
    }
  `,
  [ENROLLMENT],
);
const ACTIVATE = graphql(`
  mutation ActivateHost($id: ID!) {
    activateHost(id: $id) {
      job {
        id
      }
    }
  }
`);
const DEACTIVATE = graphql(`
  mutation DeactivateHost($id: ID!, $reason: String) {
    deactivateHost(id: $id, input: { reason: $reason }) {
      job {
        id
      }
    }
  }
`);
const REMOVE = graphql(`
  mutation RemoveHost($id: ID!) {
    removeHost(id: $id) {
      job {
        id
      }
    }
  }
`);

/** All of these throw Failure. */
export const clusters = async () => (await request(CLUSTERS, {})).data.clusters.nodes;
export const addHost = async (input: { name: string; address: string; clusterId: string }) => (await request(ADD, { input })).data.addHost;
export const enrollHost = async (id: string) => (await request(ENROLL, { id })).data.enrollCertificateHost.enrollment;
export const activateHost = (id: string) => request(ACTIVATE, { id });
export const deactivateHost = (id: string, reason: string | null) => request(DEACTIVATE, { id, reason });
export const removeHost = (id: string) => request(REMOVE, { id });
