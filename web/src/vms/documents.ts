import { graphql, type ResultOf } from "../graphql/graphql.ts";
import { PERMITTED } from "../lib/permitted.ts";

const VM_ROW = graphql(`
  fragment VmRow on Vm {
    id
    name
    status
    statusDetail
    memory
    startTime
    cpu {
      topology {
        sockets
        cores
        threads
      }
    }
    host {
      id
      name
    }
    cluster {
      id
      name
    }
    reportedDevices {
      ips {
        address
        version
      }
    }
  }
`);
export type VmRow = ResultOf<typeof VM_ROW>;

export const VMS = graphql(
  `
    query Vms($first: Int!, $after: String, $search: String) {
      page: vms(first: $first, after: $after, search: $search) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          ...VmRow
        }
      }
    }
  `,
  [VM_ROW],
);
export const VM_CHANGES = graphql(
  `
    subscription VmChanges($after: Cursor) {
      message: changes(kinds: [Vm], after: $after) {
        cursor
        operation
        id
        entity {
          __typename
          ...VmRow
        }
        gap {
          to
        }
      }
    }
  `,
  [VM_ROW],
);

export const VM = graphql(
  `
    query Vm($id: ID!) {
      vm(id: $id) {
        ...VmRow
        description
        comment
        type
        stopReason
        stopTime
        creationTime
        deleteProtected
        fqdn
        memoryPolicy {
          guaranteed
          ballooning
        }
        template {
          name
        }
        os {
          type
        }
        bios {
          type
        }
        display {
          type
          address
          port
        }
        guestOperatingSystem {
          distribution
          version
          kernel
          architecture
        }
        guestTimeZone {
          name
          utcOffset
        }
        migratingTo {
          id
          name
        }
        nics {
          id
          name
          interface
          linked
          plugged
          mac {
            address
          }
          network {
            name
          }
          vnicProfile {
            name
          }
          reportedDevices {
            name
            ips {
              address
            }
          }
        }
        diskAttachments {
          id
          bootable
          interface
          active
          readOnly
          disk {
            id
            name
            status
            format
            sparse
            provisionedSize
            actualSize
            storageDomain {
              id
              name
            }
          }
        }
        can {
          start {
            ...Permitted
          }
          shutdown {
            ...Permitted
          }
          stop {
            ...Permitted
          }
          discardMemory {
            ...Permitted
          }
          reboot {
            ...Permitted
          }
          suspend {
            ...Permitted
          }
          migrate {
            ...Permitted
          }
          cancelMigration {
            ...Permitted
          }
          remove {
            ...Permitted
          }
        }
      }
    }
  `,
  [VM_ROW, PERMITTED],
);
export type VmDetails = NonNullable<ResultOf<typeof VM>["vm"]>;

/** Devices that are new have ids that nobody knows, so all of their kinds are listened to. */
export const VM_NUDGES = graphql(`
  subscription VmNudges($after: Cursor, $ids: [ID!]) {
    message: changes(ids: $ids, after: $after) {
      cursor
      gap {
        to
      }
    }
  }
`);
