import { filterSchema, pruneSchema } from "@graphql-tools/utils";
import {
  buildSchema,
  findBreakingChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  type GraphQLArgument,
  type GraphQLSchema,
} from "graphql";

/** What `npm run check` asks of the public schema beside that it is current. */

interface Described {
  description?: string | null | undefined;
  deprecationReason?: string | null | undefined;
}
/** Every element by its coordinate: `Query.vms(first:)`. */
function* elements(schema: GraphQLSchema): Generator<[string, Described]> {
  for (const directive of schema.getDirectives()) {
    if (isSpecifiedDirective(directive)) continue;
    yield [`@${directive.name}`, directive];
    yield* args(`@${directive.name}`, directive.args);
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__") || isSpecifiedScalarType(type)) continue;
    yield [type.name, type];
    if (isScalarType(type)) yield [`${type.name} @specifiedBy`, { description: type.specifiedByURL }];
    if (isEnumType(type)) for (const value of type.getValues()) yield [`${type.name}.${value.name}`, value];
    if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) yield [`${type.name}.${field.name}`, field];
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      yield [`${type.name}.${field.name}`, field];
      yield* args(`${type.name}.${field.name}`, field.args);
    }
  }
}
function* args(owner: string, given: readonly GraphQLArgument[]): Generator<[string, Described]> {
  for (const arg of given) yield [`${owner}(${arg.name}:)`, arg];
}

/** Coordinates of what has no description, and of scalars without a specification. */
export const undescribed = (sdl: string): string[] =>
  [...elements(buildSchema(sdl))].filter(([, { description }]) => !description?.trim()).map(([coordinate]) => coordinate);

/** `2027-03-01: use \`Vm.host\`.`: from when on it may be gone, and what takes its place. */
const WAY_OUT = /^(\d{4}-\d\d-\d\d): use `([^`]+)`\.$/;

/** What is deprecated without a date, or without a successor that there is. */
export function badDeprecations(sdl: string): string[] {
  const all = new Map(elements(buildSchema(sdl)));
  return [...all].flatMap(([coordinate, { deprecationReason }]) => {
    if (typeof deprecationReason !== "string") return [];
    const [, date, successor] = WAY_OUT.exec(deprecationReason) ?? [];
    if (date === undefined) return [`${coordinate}: its reason is not of the form "2027-03-01: use \`Vm.host\`."`];
    return all.has(successor!) ? [] : [`${coordinate}: there is no ${successor!}`];
  });
}

/** What would stop a client of the released schema, but for what was told to him in it and whose day has come (`today`, YYYY-MM-DD). */
export function breakingChanges(released: string, current: string, today: string): string[] {
  const stays = ({ deprecationReason }: Described): boolean => {
    const date = WAY_OUT.exec(deprecationReason ?? "")?.[1];
    return date === undefined || date > today;
  };
  const promised = filterSchema({
    schema: buildSchema(released),
    fieldFilter: (_type, _field, config) => stays(config),
    inputObjectFieldFilter: (_type, _field, config) => stays(config as Described),
    argumentFilter: (_type, _field, _arg, config) => stays(config as Described),
    enumValueFilter: (_type, _value, config) => stays(config as Described),
  });
  return findBreakingChanges(pruneSchema(promised), buildSchema(current)).map(({ description }) => description);
}
