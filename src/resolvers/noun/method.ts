import type { ClassType } from "type-graphql";

/** A method of a resolver class, and the decorators that make it a part of the schema. */
export interface Method {
  name: string;
  parameters: readonly unknown[];
  decorate: unknown;
  run: (...args: never[]) => unknown;
}

export const classNamed = (name: string): ClassType => {
  const made = function () {} as unknown as ClassType;
  Object.defineProperty(made, "name", { value: name });
  return made;
};
