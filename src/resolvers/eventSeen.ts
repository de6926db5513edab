import type { Event } from "../domain/event/event.ts";
import type { Context } from "./context.ts";

/** The one door to an event by its id. Null when there is none. */
export const eventSeen = ({ loaders }: Context, id: string): Promise<Event | null> => loaders.event.load(id);
