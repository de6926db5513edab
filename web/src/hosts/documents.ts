import { graphql, type ResultOf } from "../graphql/graphql.ts";
import { PERMITTED } from "../lib/permitted.ts";

const HOST_ROW = graphql(`
  fragment HostRow on Host {
    id
    name
    address
    status
    statusDetail
    memory
    cpu {
      name
      topology {
        sockets
        cores
        threads
      }
    }
    cluster {
      id
      name
    }
    summary {
      total
    }
  }
`);
export type HostRow = ResultOf<typeof HOST_ROW>;

export const HOSTS = graphql(
  `
    query Hosts($first: Int!, $after: String, $search: String) {
      page: hosts(first: $first, after: $after, search: $search) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          ...HostRow
        }
      }
    }
  `,
  [HOST_ROW],
);
export const HOST_CHANGES = graphql(
  `
    subscription HostChanges($after: Cursor) {
      message: changes(kinds: [Host], after: $after) {
        cursor
        operation
        id
        entity {
          __typename
          ...HostRow
        }
        gap {
          to
        }
      }
    }
  `,
  [HOST_ROW],
);

export const HOST = graphql(
  `
    query Host($id: ID!) {
      host(id: $id) {
        ...HostRow
        description
        comment
        maintenanceReason
        statusSince
        maxSchedulingMemory
        virtualization
        agentVersion
        hardwareUuid
        cpu {
          speed
          architecture
        }
        os {
          description
          version {
            fullVersion
          }
        }
        libvirtVersion {
          fullVersion
        }
        summary {
          active
          migrating
        }
        nics {
          name
          up
          mtu
          speed
          bridge
          mac {
            address
          }
          ips {
            address
          }
        }
        numaNodes {
          index
          memory
          cpus
        }
        can {
          activate {
            ...Permitted
          }
          deactivate {
            ...Permitted
          }
          enrollCertificate {
            ...Permitted
          }
          remove {
            ...Permitted
          }
        }
      }
    }
  `,
  [HOST_ROW, PERMITTED],
);
export type HostDetails = NonNullable<ResultOf<typeof HOST>["host"]>;

export const HOST_NUDGES = graphql(`
  subscription HostNudges($after: Cursor, $ids: [ID!]) {
    message: changes(ids: $ids, after: $after) {
      cursor
      gap {
        to
      }
    }
  }
`);
