import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openApiPath, operationsOf } from '../../src/http/openapi.ts'
import { Problem } from '../../src/model/problem.ts'
import { currentRuntime } from '../helpers/runtime.ts'
import { createTestApp, type TestApp } from '../helpers/test-app.ts'

let app: TestApp
let token: string
before(async () => {
  app = await createTestApp()
  token = (await app.issue({ actions: ['admin'] })).secret
})
after(() => app.close())

const JSON_TYPE = { 'Content-Type': 'application/json' }
const post = (raw: BodyInit, headers: Record<string, string> = JSON_TYPE) =>
  app.ask('POST', '/api/v1/apps', { token, headers, raw })
const utf8 = (text: string) => new TextEncoder().encode(text)
const around = (...middle: number[]) => Uint8Array.from([...utf8('{"slug":"a","name":"'), ...middle, ...utf8('"}')])

test('JSON that programs read differently is refused before anything is stored', async () => {
  const table: [BodyInit, number, string][] = [
    ['[', 400, 'request.malformed'],
    ['{"slug":"a"} x', 400, 'request.malformed'],
    [`${'['.repeat(100_000)}`, 400, 'request.malformed'],
    [`{"slug":${'[{"a":'.repeat(20_000)}`, 400, 'request.malformed'],
    ['{"slug":"a","slug":"b"}', 400, 'request.malformed'],
    ['{"slug":"a","__proto__":{"visibility":"public"}}', 400, 'request.malformed'],
    ['{"surrogate":1,"surrogate":2}', 400, 'request.malformed'],
    ['{"slug":1e400}', 400, 'request.malformed'],
    ['{"slug":NaN}', 400, 'request.malformed'],
    ['{"slug":"a","name":"\\ud800"}', 400, 'request.invalid_utf8'],
    ['{"slug":"a","name":"\\udc00x"}', 400, 'request.invalid_utf8'],
    [around(0xc3, 0x28), 400, 'request.invalid_utf8'],
    [around(0xc0, 0xaf), 400, 'request.invalid_utf8'],
    [around(0xe0, 0x80, 0xaf), 400, 'request.invalid_utf8'],
    [around(0xed, 0xa0, 0x80), 400, 'request.invalid_utf8'],
    [around(0xf5, 0x80, 0x80, 0x80), 400, 'request.invalid_utf8'],
    [around(0xff), 400, 'request.invalid_utf8'],
    ['null', 422, 'request.invalid'],
    ['[]', 422, 'request.invalid'],
    ['"a"', 422, 'request.invalid'],
    ['', 422, 'request.invalid'],
    ['{"slug":"a","constructor":{}}', 422, 'request.invalid'],
    ['{"slug":"a","isAdmin":true}', 422, 'request.invalid'],
    ['{"slug":["a"]}', 422, 'request.invalid'],
    ['{"slug":"a","name":"a\\u0000b"}', 422, 'request.invalid'],
    ['{"slug":"a","name":"a\\u202eb"}', 422, 'request.invalid'],
    [`{"slug":"a","name":"${'\u{1f469}\u200d\u{1f467}'.repeat(101)}"}`, 422, 'request.invalid'],
  ]
  for (const [raw, status, code] of table) {
    const answer = await post(raw)
    assert.deepEqual([answer.status, answer.json.code], [status, code], String(raw).slice(0, 60))
  }
  assert.deepEqual((await app.ask('GET', '/api/v1/apps', { token })).json.items, [])
})

test('a query that is not UTF-8 is refused by every route, and nothing is put in its place', async () => {
  const bad = [
    'app=%ff',
    'app=%c3%28',
    'app=%c3',
    'app=%ed%a0%80',
    'app=%c0%af',
    'app=%f5%80%80%80',
    'app=%',
    'app=%zz',
  ]
  const paths = ['/api/v1/apps', '/healthz', '/api/v1/openapi.json', '/notes/latest/notes.apk', '/notes']
  for (const query of [...bad, '%ff=app', 'limit=10&%c3&x', 'x=%c3&y=%bc']) {
    for (const path of paths) {
      const answer = await app.ask('GET', `${path}?${query}`, { token })
      assert.deepEqual([answer.status, answer.json.code], [400, 'request.invalid_utf8'], `${path}?${query}`)
    }
  }
  for (const query of ['', '?', '?x=%c3%bc', '?x=%F0%9F%97%92&y=100%25', '?x=%ef%bf%bd', '?x=a+b&&=', '?x=\u00fc'])
    assert.equal((await app.ask('GET', `/api/v1/apps${query}`, { token })).status, 200, query)
})

test('a message that is cut holds no half of a character', async () => {
  assert.equal((await post('{"slug":"cut"}')).status, 201)
  for (let length = 150; length < 200; length++) {
    const key = `${'k'.repeat(length)}${'\u{1f5d2}'.repeat(30)}`
    const unknown = await post(JSON.stringify({ slug: 'a', [key]: 1 }))
    assert.equal(unknown.status, 422)
    const twice = await post(`{"slug":"a","${key}":1,"${key}":2}`)
    assert.equal(twice.status, 400)
    const ref = await app.ask('GET', `/api/v1/apps/cut/releases/${encodeURIComponent(key.slice(100))}`, { token })
    assert.equal(ref.status, 404)
    for (const { text } of [unknown, twice, ref])
      assert.ok(!/\\u[dD][89a-fA-F]/.test(text) && !text.includes('\ufffd'), text)
  }
})

test('a database without room is 507, by the error that this runtime really throws', async () => {
  const full = await createTestApp()
  const { openSqlite } = await currentRuntime()
  const database = openSqlite(':memory:', { readonly: false })
  try {
    const admin = (await full.issue({ actions: ['admin'] })).secret
    database.prepare('pragma max_page_count = 3').all([])
    database.prepare('create table t (x)').run([])
    const insert = database.prepare('insert into t values (?)')
    full.deps.store.write = async () => {
      for (;;) insert.run(['x'.repeat(2000)])
    }
    const answer = await full.ask('POST', '/api/v1/apps', { token: admin, body: { slug: 'a' } })
    assert.deepEqual([answer.status, answer.json.code], [507, 'storage.full'])
  } finally {
    database.close()
    await full.close()
  }
})

test('bodies above 1 MiB are 413, told by their length or not', async () => {
  const long = `{"slug":"a","name":"${'x'.repeat(1 << 20)}"}`
  assert.deepEqual([(await post(long)).status, (await post(long)).json.code], [413, 'request.too_large'])
  let pulled = 0
  const endless = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(0x20))
      },
    },
    { highWaterMark: 0 },
  )
  const request = new Request('http://distd.test/api/v1/apps', {
    method: 'POST',
    headers: { ...JSON_TYPE, Authorization: `Bearer ${token}` },
    body: endless,
    duplex: 'half',
  } as RequestInit)
  assert.equal((await app.fetch(request)).status, 413)
  assert.ok(pulled <= 3 << 20, String(pulled))
})

test('only application/json is JSON', async () => {
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    'text/json',
    '',
  ]) {
    const answer = await post('{"slug":"typed"}', { 'Content-Type': type })
    assert.deepEqual([answer.status, answer.json.code], [415, 'request.unsupported_media_type'], type)
  }
  assert.equal((await post('{"slug":"typed"}', { 'Content-Type': 'Application/JSON; charset=utf-8' })).status, 201)
})

test('strangers are refused before their body is read', async () => {
  for (const headers of [
    JSON_TYPE,
    { ...JSON_TYPE, Authorization: `Bearer ${(await app.issue({ actions: ['read'] })).secret}` },
  ]) {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled++
          controller.enqueue(utf8('{'))
        },
      },
      { highWaterMark: 0 },
    )
    const answer = await app.fetch(
      new Request('http://distd.test/api/v1/apps', { method: 'POST', headers, body, duplex: 'half' } as RequestInit),
    )
    assert.ok(answer.status === 401 || answer.status === 403)
    assert.equal(pulled, 0)
  }
})

test('every error is a problem with a code, a request id, and nothing of the machine', async () => {
  const asks: [string, string, Parameters<TestApp['ask']>[2]?][] = [
    ['GET', '/nothing/at/all/here'],
    ['GET', '/api/v1/nothing'],
    ['GET', '/api/v1/apps/none'],
    ['PUT', '/api/v1/apps'],
    ['POST', '/api/v1/apps', { body: {} }],
    ['POST', '/api/v1/apps', { token, body: { slug: 1 } }],
    ['GET', '/api/v1/audit'],
    ['GET', '/api/v1/apps?token=x'],
    ['GET', '/%ff'],
    ['GET', '/a%2fb'],
    ['GET', "/api/v1/tokens/' or 1=1 --", { token }],
    ['GET', `/api/v1/tokens/${'x'.repeat(5000)}`, { token }],
    ['GET', '/api/v1/uploads/upl_1', { token }],
  ]
  for (const [method, path, given] of asks) {
    const answer = await app.ask(method, path, given)
    assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`)
    assert.match(answer.headers.get('content-type')!, /^application\/problem\+json/, path)
    const problem = Problem.parse(answer.json)
    assert.equal(problem.status, answer.status)
    assert.equal(problem.requestId, answer.headers.get('x-request-id'))
    assert.match(problem.code, /^[a-z]+\.[a-z0-9_]+$/)
    assert.ok(!/\bat .*\.ts|node_modules|select |sqlite|\/tmp\//i.test(answer.text), answer.text)
  }
})

test('an error that nobody foresaw is 500 by its request id alone', async () => {
  const broken = await createTestApp()
  try {
    const { store } = broken.deps
    const { write } = store
    store.write = () => Promise.reject(new Error('SQLITE_CORRUPT at /data/db/distd.sqlite: select secret'))
    const health = await broken.ask('GET', '/healthz')
    assert.deepEqual([health.status, health.json.code], [503, 'server.unavailable'])
    assert.ok(health.headers.has('retry-after'))
    store.write = write
    const admin = (await broken.issue({ actions: ['admin'] })).secret
    store.write = () => Promise.reject(new Error('SQLITE_CORRUPT at /data/db/distd.sqlite: select secret'))
    const failed = await broken.ask('POST', '/api/v1/apps', { token: admin, body: { slug: 'a' } })
    assert.deepEqual([failed.status, failed.json.code], [500, 'server.failed'])
    store.write = () => Promise.reject(Object.assign(new Error('write'), { code: 'ENOSPC' }))
    const full = await broken.ask('POST', '/api/v1/apps', { token: admin, body: { slug: 'a' } })
    assert.deepEqual([full.status, full.json.code], [507, 'storage.full'])
    for (const answer of [health, failed, full])
      assert.ok(!/SQLITE|\/data|select|ENOSPC/.test(answer.text), answer.text)
    store.write = write
  } finally {
    await broken.close()
  }
})

test('OpenAPI lists exactly the routes that are served, with schemas that are JSON Schema objects', async () => {
  const document = (await app.ask('GET', '/api/v1/openapi.json')).json
  const listed = Object.entries(document.paths as Record<string, object>).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const served = app.app.routes.flatMap((route) =>
    operationsOf(route).map(({ method }) => `${method} ${openApiPath(route.path)}`),
  )
  assert.deepEqual(listed.sort(), served.sort())
  const ids = new Set<string>()
  for (const operations of Object.values(
    document.paths as Record<string, Record<string, { operationId: string; responses: object }>>,
  )) {
    for (const operation of Object.values(operations)) {
      assert.ok(!ids.has(operation.operationId), `${operation.operationId} occurs twice`)
      ids.add(operation.operationId)
    }
  }
  assert.ok('Problem' in document.components.schemas && 'Release' in document.components.schemas)
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, path]) => path!)
  for (const path of new Set(references)) {
    let at: unknown = document
    for (const step of path.split('/').slice(1)) at = (at as Record<string, unknown>)[step]
    assert.equal(typeof at, 'object', `${path} leads nowhere`)
  }
})

test('OpenAPI says what a client must send: fields, bodies that are not JSON, and where a credential is needed', async () => {
  const { paths } = (await app.ask('GET', '/api/v1/openapi.json')).json
  const operationAt = (method: string, path: string) => paths[path][method]
  const fields = (method: string, path: string) =>
    operationAt(method, path).parameters.flatMap((p: { in: string; name: string; required: boolean }) =>
      p.in === 'header' ? [`${p.name}${p.required ? ' required' : ''}`] : [],
    )
  const channel = '/api/v1/apps/{app}/channels/{channel}'
  assert.deepEqual(fields('post', `${channel}/actions/promote`), ['If-Match', 'If-None-Match'])
  assert.deepEqual(fields('post', '/api/v1/apps'), ['Idempotency-Key'])
  assert.deepEqual(fields('patch', '/api/v1/uploads/{upload}'), ['Upload-Offset required', 'Upload-Complete'])
  assert.deepEqual(fields('get', '/sets/{set}/{file}'), ['Range', 'If-Range', 'If-Match', 'If-None-Match'])
  const upload = operationAt('patch', '/api/v1/uploads/{upload}')
  assert.deepEqual(Object.keys(upload.requestBody.content), ['application/partial-upload', 'application/octet-stream'])
  assert.deepEqual(Object.keys(upload.responses), ['200', '204', 'default'])
  assert.deepEqual(Object.keys(operationAt('head', '/api/v1/uploads/{upload}').responses), ['204', 'default'])
  assert.deepEqual(Object.keys(operationAt('get', '/{app}/{channel}/download').responses), [
    ...['200', '206', '300', '304', 'default'],
  ])
  const isBodyRequired = (path: string) => operationAt('post', path).requestBody.required
  assert.equal(isBodyRequired(`${channel}/actions/promote`), true)
  assert.equal(isBodyRequired(`${channel}/actions/rollback`), false)

  // Without a credential an open route answers or hides what is there; every other one asks for a credential. Whose kind
  // of credential a route does not take is refused it, which shows where no app is named that could be hidden.
  const { cookie } = await app.person({ role: 'admin' })
  for (const route of app.app.routes) {
    const path = openApiPath(route.path)
    const listed = operationAt(route.method.toLowerCase(), path).security.flatMap(Object.keys)
    const isOpen = operationAt(route.method.toLowerCase(), path).security.some(
      (way: object) => !Object.keys(way).length,
    )
    const ask = (credential: { token?: string; cookie?: string }) =>
      app.ask(route.method, path.replaceAll(/[{}]/g, ''), {
        ...credential,
        headers: { 'Sec-Fetch-Site': 'same-origin' },
        ...(route.object === 'new-app' ? { body: { slug: 'nobody' } } : {}),
      })
    const where = `${route.method} ${path}`
    assert.equal((await ask({})).status !== 401, isOpen, where)
    if (route.object !== 'server' || path === '/logout') continue
    // A token of its own: one route ends the token that asks.
    const { secret: token } = await app.issue({ actions: ['admin'] })
    assert.equal((await ask({ token })).status !== 403, listed.includes('token'), `${where} with a token`)
    assert.equal((await ask({ cookie })).status !== 403, listed.includes('session'), `${where} with a session`)
  }
})

test('the API page lists what OpenAPI lists, with what each needs', async () => {
  const { paths } = (await app.ask('GET', '/api/v1/openapi.json')).json
  const { text } = await app.ask('GET', '/api/v1')
  for (const [path, operations] of Object.entries(paths as Record<string, Record<string, { summary: string }>>))
    for (const method of Object.keys(operations)) assert.ok(text.includes(`${method.toUpperCase()} ${path}<`), path)
})

test('the schema of dist.json is served as JSON Schema and refuses unknown fields', async () => {
  const answer = await app.ask('GET', '/schema/dist.json')
  assert.equal(answer.status, 200)
  assert.match(answer.headers.get('content-type')!, /^application\/schema\+json/)
  assert.match(answer.json.$schema, /json-schema\.org/)
  const manifest = answer.json.$defs[answer.json.$ref.replace('#/$defs/', '')]
  assert.equal(manifest.additionalProperties, false)
  for (const field of ['app', 'version', 'artifacts', 'channel', 'notes'])
    assert.ok(field in manifest.properties, field)
})
