import { graphql } from "../graphql/graphql.ts";

/** Hosts are few enough to be read whole; VMs are counted by the engine, a field for each state. */
export const OVERVIEW = graphql(`
  query Overview {
    hosts(first: 1000) {
      totalCount
      nodes {
        id
        name
        status
        statusDetail
        statusSince
        memory
        cpu {
          topology {
            sockets
            cores
            threads
          }
        }
      }
    }
    vms(first: 0) {
      totalCount
    }
    UP: vms(first: 0, search: "status = up") {
      totalCount
    }
    POWERING_UP: vms(first: 0, search: "status = powering_up or status = wait_for_launch or status = restoring_state") {
      totalCount
    }
    MIGRATING: vms(first: 0, search: "status = migrating") {
      totalCount
    }
    POWERING_DOWN: vms(first: 0, search: "status = powering_down or status = saving_state or status = reboot_in_progress") {
      totalCount
    }
    IMAGE_LOCKED: vms(first: 0, search: "status = image_locked") {
      totalCount
    }
    DOWN: vms(first: 0, search: "status = down") {
      totalCount
    }
    SUSPENDED: vms(first: 0, search: "status = suspended") {
      totalCount
    }
    PAUSED: vms(first: 0, search: "status = paused") {
      totalCount
    }
    NOT_RESPONDING: vms(first: 0, search: "status = not_responding") {
      totalCount
    }
    UNKNOWN: vms(first: 0, search: "status = unknown") {
      totalCount
    }
    troubled: vms(first: 20, search: "status = unknown or status = paused or status = not_responding") {
      nodes {
        id
        name
        status
        statusDetail
      }
    }
  }
`);
export const OVERVIEW_NUDGES = graphql(`
  subscription OverviewNudges($after: Cursor, $ids: [ID!]) {
    message: changes(kinds: [Host, Vm], ids: $ids, after: $after) {
      cursor
      gap {
        to
      }
    }
  }
`);
