import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openApiPath } from '../../src/http/openapi.ts'
import { type TestApp, withNotes } from '../helpers/test-app.ts'

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
}

/** What they answer is no noun of this API. */
const DOCUMENTS = ['/api/v1', '/api/v1/openapi.json']

const document = async (app: TestApp) => (await app.ask('GET', '/api/v1/openapi.json')).json

/** Switches and numbers below a schema that say nothing of themselves. */
function unexplained(at: string, schema: Schema): string[] {
  const parts = [schema, ...(schema.anyOf ?? [])]
  const isBare = parts.some(({ type = '' }) => ['boolean', 'number', 'integer'].includes(type))
  const own = isBare && schema.description === undefined && !at.endsWith('Bytes') ? [at] : []
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, part]) => unexplained(`${at}.${name}`, part))
  const items = schema.items === undefined ? [] : unexplained(`${at}[]`, schema.items)
  return [...own, ...below, ...items]
}

test('what a switch or a number of a request does is told, since its name and type do not tell', () =>
  withNotes({}, async (app) => {
    const schemas: Record<string, Schema> = (await document(app)).components.schemas
    const inputs = Object.entries(schemas).filter(([name]) => name.endsWith('Input'))
    assert.ok(inputs.length > 10)
    assert.deepEqual(
      inputs.flatMap(([name, schema]) => unexplained(name, schema)),
      [],
    )
    assert.match(schemas.CreatePreviewInput!.properties!.expiresInDays!.description!, /14/)
    assert.match(schemas.CreateReleaseInput!.properties!.reserve!.description!, /24 hours/)
  }))

test('every route is an operation with its grant, its path parameters, and where it makes something a status and a shape', () =>
  withNotes({}, async (app) => {
    const { paths, components } = await document(app)
    for (const route of app.app.routes) {
      const at = `${route.method} ${route.path}`
      const operation = paths[openApiPath(route.path)]?.[route.method.toLowerCase()]
      assert.ok(operation, at)
      assert.match(operation.description, /^Needs /, at)
      const named = [...route.path.matchAll(/:([a-z]+)/g)].map(([, name]) => name)
      const inPath = operation.parameters.filter((parameter: { in: string }) => parameter.in === 'path')
      assert.deepEqual(
        inPath.map(({ name }: { name: string }) => name),
        named,
        at,
      )
      const answer = operation.responses[route.status]
      assert.ok(answer, at)
      if (!route.path.startsWith('/api/') || route.status === 204 || DOCUMENTS.includes(route.path)) continue
      assert.ok(answer.content['application/json']?.schema ?? route.types, `${at}: the shape of its answer`)
    }
    const text = JSON.stringify(paths) + JSON.stringify(components)
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      assert.ok(components.schemas[name!], `${name} is told`)
    }
  }))
