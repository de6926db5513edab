import type { TadaDocumentNode } from "../graphql/graphql.ts";
import { toastFailure } from "./toasts.svelte.ts";
import { isFailure } from "./failure.ts";
import { subscribe } from "./socket.svelte.ts";

/** A message of a stream that remembers: `changes` or `events`. */
interface Message {
  cursor: string;
}
interface Following<M extends Message> {
  /** Of the moment that was read, so that nothing between reading and following is missed; null = from now on. */
  after: string | null;
  next: (message: M) => void;
  /** What happened in between is not known any more: read again. */
  gap: () => void;
}

/** Follows a gapless stream; after a break it goes on behind the last message seen. Answers what ends it. */
export function follow<M extends Message, Variables extends { after?: string | null }>(
  document: TadaDocumentNode<{ message: M }, Variables>,
  variables: Omit<Variables, "after">,
  { after, next, gap }: Following<M>,
): () => void {
  let cursor = after;
  const resuming = {
    ...variables,
    get after() {
      return cursor;
    },
  } as unknown as Variables;
  return subscribe(document, resuming, {
    next: ({ message }) => {
      cursor = message.cursor;
      if ("gap" in message && message.gap) gap();
      else next(message);
    },
    failed: (failure) => {
      // The engine's history was replaced under us, so our place in it means nothing.
      if (isFailure(failure, "INVALID") && cursor !== null) gap();
      else toastFailure(failure);
    },
  });
}
