import { z } from 'zod'
import { ACTIONS } from '../access/policy.ts'
import { ERRORS } from '../errors.ts'
import { Problem } from '../model/problem.ts'
import type { Route } from './route.ts'

type Schema = Record<string, unknown>

/** A schema on its own; named parts are moved to the document's components, where references find them. */
type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => Schema

function collectInto(components: Record<string, Schema>): SchemaOf {
  return (schema, io) => {
    const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Schema
    const { $schema: _dialect, $defs: parts = {}, ...rest } = made
    // What is asked for and what is answered may differ under one name: defaults are optional only in a question.
    const nameOf = (id: string) => (io === 'input' && !id.endsWith('Input') ? `${id}Input` : id)
    const moved = (value: unknown): Schema =>
      JSON.parse(
        JSON.stringify(value, (key, item) =>
          key === '$ref' ? `#/components/schemas/${nameOf(String(item).replace('#/$defs/', ''))}` : item,
        ),
      )
    for (const [id, part] of Object.entries(parts as Record<string, Schema>)) {
      const { id: _id, ...plain } = part
      components[nameOf(id)] ??= moved(plain)
    }
    return moved(rest)
  }
}

/** `/apps/:app` → `/apps/{app}`. */
export function openApiPath(path: string): string {
  return path.replace(/:([a-z]+)/g, '{$1}')
}

function parameters(route: Route, schemaOf: SchemaOf): Schema[] {
  const inPath = [...route.path.matchAll(/:([a-z]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  if (route.query === undefined) return inPath
  const query = schemaOf(route.query, 'input') as { properties?: Record<string, Schema>; required?: string[] }
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: query.required?.includes(name) ?? false,
    schema,
  }))
  return [...inPath, ...inQuery]
}

function operation(route: Route, schemaOf: SchemaOf): Schema {
  const actions: readonly string[] = ACTIONS[route.action]
  const hasBody = route.response !== undefined && route.status !== 204
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${openApiPath(route.path).replace(/[^A-Za-z]+(.)?/g, (_, c) => (c ?? '').toUpperCase())}`,
    description:
      actions.length === 0 ? 'Needs no credential.' : `Action \`${route.action}\`, granted by ${actions.join(', ')}.`,
    parameters: parameters(route, schemaOf),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
        }),
    responses: {
      [route.status]: {
        description: 'Success',
        ...(hasBody ? { content: { 'application/json': { schema: schemaOf(route.response!, 'output') } } } : {}),
      },
      default: {
        description: 'Problem details; `code` is one of the table below',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
    security: actions.length === 0 ? [] : [{ token: [] }, {}],
  }
}

/** OpenAPI 3.1 of every route in the table: the list of routes is the list of operations. */
export function openApiDocument(routes: readonly Route[], version: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {}
  const schemas: Record<string, Schema> = {}
  const schemaOf = collectInto(schemas)
  schemaOf(Problem, 'output')
  for (const route of routes) {
    const path = openApiPath(route.path)
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operation(route, schemaOf)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'distd',
      version,
      description: 'A private app store and release registry. Errors are RFC 9457 problem details with a stable code.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas,
    },
    'x-errors': Object.entries(ERRORS)
      .filter(([, row]) => row.status > 0)
      .map(([code, row]) => ({
        code,
        status: row.status,
        title: row.title,
        ...('hint' in row ? { hint: row.hint } : {}),
      })),
  }
}
