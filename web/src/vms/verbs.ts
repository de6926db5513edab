import { graphql } from "../graphql/graphql.ts";
import { request } from "../lib/request.ts";
import type { VmDetails } from "./documents.ts";

const START = graphql(`
  mutation StartVm($id: ID!) {
    startVm(id: $id) {
      job {
        id
      }
    }
  }
`);
const SHUTDOWN = graphql(`
  mutation ShutdownVm($id: ID!, $reason: String) {
    shutdownVm(id: $id, input: { reason: $reason }) {
      job {
        id
      }
    }
  }
`);
const STOP = graphql(`
  mutation StopVm($id: ID!, $reason: String) {
    stopVm(id: $id, input: { reason: $reason }) {
      job {
        id
      }
    }
  }
`);
const DISCARD_MEMORY = graphql(`
  mutation DiscardVmMemory($id: ID!) {
    discardVmMemory(id: $id) {
      job {
        id
      }
    }
  }
`);
const REBOOT = graphql(`
  mutation RebootVm($id: ID!) {
    rebootVm(id: $id) {
      job {
        id
      }
    }
  }
`);
const SUSPEND = graphql(`
  mutation SuspendVm($id: ID!) {
    suspendVm(id: $id) {
      job {
        id
      }
    }
  }
`);
const CANCEL_MIGRATION = graphql(`
  mutation CancelVmMigration($id: ID!) {
    cancelVmMigration(id: $id) {
      job {
        id
      }
    }
  }
`);
const REMOVE = graphql(`
  mutation RemoveVm($id: ID!, $detachOnly: Boolean) {
    removeVm(id: $id, input: { detachOnly: $detachOnly }) {
      job {
        id
      }
    }
  }
`);
const MIGRATE = graphql(`
  mutation MigrateVm($id: ID!, $hostId: ID, $mode: CommandMode!) {
    migrateVm(id: $id, input: { hostId: $hostId }, mode: $mode) {
      job {
        id
      }
      plan {
        downtime
        refusals {
          hostId
          code
          message
        }
        placement {
          score
          host {
            id
            name
          }
        }
      }
    }
  }
`);

type VmVerb = keyof VmDetails["can"];
/** What a dialog asks before the deed is done; absent where nothing is asked. */
interface Question {
  text: string;
  reason?: true;
}

export interface VerbOf {
  verb: Exclude<VmVerb, "migrate">;
  label: string;
  danger?: true;
  question?: Question;
  run: (id: string, reason: string | null) => Promise<unknown>;
}
/** In the order of the buttons; `migrate` and `remove` have dialogs of their own. */
export const VERBS: readonly VerbOf[] = [
  { verb: "start", label: "Start", run: (id) => request(START, { id }) },
  {
    verb: "shutdown",
    label: "Shut down",
    question: { text: "The guest is asked to power itself off.", reason: true },
    run: (id, reason) => request(SHUTDOWN, { id, reason }),
  },
  {
    verb: "stop",
    label: "Power off",
    danger: true,
    question: { text: "The power is cut. What the guest has not written to its disks is lost.", reason: true },
    run: (id, reason) => request(STOP, { id, reason }),
  },
  {
    verb: "reboot",
    label: "Reboot",
    question: { text: "The guest is asked to restart." },
    run: (id) => request(REBOOT, { id }),
  },
  { verb: "suspend", label: "Suspend", run: (id) => request(SUSPEND, { id }) },
  {
    verb: "discardMemory",
    label: "Discard memory",
    danger: true,
    question: {
      text: "The memory of the suspended VM is thrown away, with all that its programs had not written to its disks. It starts afresh then.",
    },
    run: (id) => request(DISCARD_MEMORY, { id }),
  },
  { verb: "cancelMigration", label: "Cancel migration", run: (id) => request(CANCEL_MIGRATION, { id }) },
];

export const removeVm = (id: string, detachOnly: boolean) => request(REMOVE, { id, detachOnly });

export type MigrationPlan = Awaited<ReturnType<typeof planMigration>>;
/** What a move would do now; to the best host when none is named. Throws Failure. */
export async function planMigration(id: string, hostId: string | null) {
  const { data } = await request(MIGRATE, { id, hostId, mode: "PLAN" });
  return data.migrateVm.plan ?? { downtime: null, refusals: [], placement: [] };
}
export const migrateVm = (id: string, hostId: string | null) => request(MIGRATE, { id, hostId, mode: "APPLY" });
