import { z } from 'zod'
import { ACTIONS, isOpen } from '../access/policy.ts'
import { ERRORS } from '../errors.ts'
import { Problem } from '../model/problem.ts'
import { ANSWER_FIELDS, requestField } from './fields.ts'
import type { Method, Route } from './route.ts'

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

/** What is asked of a row by method: HEAD is listed where it answers otherwise than GET without the body. */
export function operationsOf(route: Route): { readonly method: Method | 'HEAD'; readonly summary: string }[] {
  const { method, summary, head } = route
  return [{ method, summary }, ...(head === undefined ? [] : [{ method: 'HEAD' as const, summary: head }])]
}

/** What may do this action, in words. */
export function grantOf(route: Route): string {
  const { tokens, role }: { readonly tokens: readonly string[]; readonly role: string | null } = ACTIONS[route.action]
  const people = role === null ? [] : [role === 'user' ? 'whoever is signed in' : `people with the role ${role}`]
  const granted = [...(tokens.length === 0 ? [] : [`tokens with ${tokens.join(', ')}`]), ...people]
  if (granted.length === 0) return 'no credential'
  const rights = `${route.action}: ${granted.join('; ')}`
  return isOpen(route.action) ? `who sees the app, or ${rights}` : rights
}

function pathParameters(route: Route): Schema[] {
  return [...route.path.matchAll(/:([a-z]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function parameters(route: Route, schemaOf: SchemaOf): Schema[] {
  const inHeader = (route.reads ?? []).map((name) => {
    const { description, pattern, required = false } = requestField(name)
    const schema = { type: 'string', ...(pattern === undefined ? {} : { pattern }) }
    return { name, in: 'header', required, description, schema }
  })
  const query = (route.query === undefined ? {} : schemaOf(route.query, 'input')) as {
    properties?: Record<string, Schema>
    required?: string[]
  }
  const inQuery = Object.entries(query.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: query.required?.includes(name) ?? false,
    schema,
  }))
  const grant =
    route.takesGrant === true
      ? [{ name: 'grant', in: 'query', required: false, description: GRANT, schema: { type: 'string' } }]
      : []
  return [...pathParameters(route), ...inQuery, ...grant, ...inHeader]
}

const GRANT = 'From a page or manifest of this server: opens this file for an hour, for devices that have no credential'

function requestBody(route: Route, schemaOf: SchemaOf): Schema {
  const content: Schema = Object.fromEntries((route.bodyTypes ?? []).map((type) => [type, {}]))
  if (route.body !== undefined) content['application/json'] = { schema: schemaOf(route.body, 'input') }
  if (Object.keys(content).length === 0) return {}
  // No body is as good as an empty object.
  const required = route.body === undefined || !route.body.safeParse({}).success
  return { requestBody: { required, content } }
}

/** Pages and downloads tell people what is wrong in a page. */
function problemOf(route: Route): Schema {
  const page = route.path.startsWith('/api/') ? {} : { 'text/html': {} }
  return { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } }, ...page }
}

/** 204, 302 and 304 have no body; 300 lists what to choose from in its problem details. */
function contentOf(route: Route, status: number, schemaOf: SchemaOf): Schema {
  if (status === 300) return { content: problemOf(route) }
  if (status === 204 || (status > 300 && status < 400)) return {}
  if (route.types !== undefined) return { content: Object.fromEntries(route.types.map((type) => [type, {}])) }
  return {
    content: { 'application/json': route.response === undefined ? {} : { schema: schemaOf(route.response, 'output') } },
  }
}

function headersOf(route: Route): Schema {
  if (route.sends === undefined) return {}
  const header = (description: string) => ({ description, schema: { type: 'string' } })
  return { headers: Object.fromEntries(route.sends.map((name) => [name, header(ANSWER_FIELDS[name])])) }
}

function answers(route: Route, schemaOf: SchemaOf): Schema {
  const all: Record<number, string> = { [route.status]: 'Success', ...route.answers }
  return {
    ...Object.fromEntries(
      Object.entries(all).map(([status, description]) => [
        status,
        { description, ...headersOf(route), ...contentOf(route, Number(status), schemaOf) },
      ]),
    ),
    default: {
      description: 'Problem details; `code` is one of x-errors',
      content: problemOf(route),
    },
  }
}

/** `GET /apps/{app}` → `getAppsApp`. */
function operationId(method: string, route: Route): string {
  const words = openApiPath(route.path).replace(/[^A-Za-z]+(.)?/g, (_, c) => (c ?? '').toUpperCase())
  return method.toLowerCase() + words
}

function operation(route: Route, schemaOf: SchemaOf): Schema {
  return {
    summary: route.summary,
    operationId: operationId(route.method, route),
    description: `Needs ${grantOf(route)}.`,
    parameters: parameters(route, schemaOf),
    ...requestBody(route, schemaOf),
    responses: answers(route, schemaOf),
    security: security(route),
  }
}

function security(route: Route): Schema[] {
  const { tokens, role }: { readonly tokens: readonly string[]; readonly role: string | null } = ACTIONS[route.action]
  // A token sends no form.
  if (isOpen(route.action)) return [...(route.isForm === true ? [] : [{ token: [] }]), { session: [] }, {}]
  return [...(tokens.length === 0 ? [] : [{ token: [] }]), ...(role === null ? [] : [{ session: [] }])]
}

/** HEAD where it is more than GET without the body. */
function headOperation(route: Route, summary: string): Schema {
  return {
    summary,
    operationId: operationId('HEAD', route),
    description: `Needs ${grantOf(route)}.`,
    parameters: pathParameters(route),
    responses: {
      204: { description: 'Success', ...headersOf(route) },
      default: { description: 'The status of a problem, without its details' },
    },
    security: security(route),
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
    if (route.head !== undefined) paths[path].head = headOperation(route, route.head)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'distd',
      version,
      description:
        'A private app store and release registry. Errors are RFC 9457 problem details with a stable code. GET routes ' +
        'answer HEAD with the same header fields; HEAD is listed where it answers something else. Every answer of a ' +
        'route carries X-Request-Id.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-dist' },
      },
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
