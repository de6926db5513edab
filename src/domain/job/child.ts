import type { RowOf } from "../kinds.ts";
import { cancelled } from "./failure.ts";
import { writeHeld, type Held } from "./held.ts";
import { Job } from "./job.ts";
import type { AnyStepContext, RunnerParts } from "./parts.ts";

type Decide = Parameters<AnyStepContext["child"]>[1];

/** See `StepContext.child`. */
export async function child(parts: RunnerParts, held: Held, key: string, decide: Decide): Promise<RowOf<"Job"> | null> {
  const known = await parts.database.reader.findOneBy(Job, { parentId: held.id, parentKey: key });
  if (known) return { ...known };
  let added: RowOf<"Job"> | null = null;
  await writeHeld(
    parts,
    held,
    (transaction, parent) => {
      // Whoever cancels at the same time claims it too: he sees this child, or it is not born.
      transaction.claim("Job", parent);
      if (parent.cancelRequested && !parent.undoing) throw cancelled();
      added = decide(transaction, parts.engine).job ?? null;
      return {};
    },
    key,
  );
  parts.wake();
  return added;
}
