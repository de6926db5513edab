import {
  buildSchema,
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
