import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { type Nginx, type ProxyLine, withNginx } from '../helpers/nginx.ts'
import { digestOf, publishClient } from '../helpers/publish-client.ts'
import { createToken, type LogLine, type TestServer, testRuntime, withServer } from '../helpers/server.ts'
import { httpDifferences } from '../vectors/http-differences.ts'
import { proxiedCases } from '../vectors/http-smuggling.ts'
import type { TortureCase } from '../vectors/http-torture.ts'

needPrograms({ nginx: 'nginx-light' })

/** Only connections on which somebody rightly waits for more bytes take this long. */
const QUIET_MS = 5000

/** How the bytes travel: straight, through nginx that collects bodies, through nginx that hands them on. */
type Way = 'd' | 'b' | 'u'
/** What a request was sent as: the hostile one, the one hidden in it, the one after it, one of another client. */
type Role = 'f' | 'h' | 'a' | 'n'

/** Names one request of the test: seven bytes like `/hidden`, so that frames stay what they were. */
const keyOf = (role: Role, way: Way, index: number) => `${role}${way}${String(index).padStart(4, '0')}`
const KEY = /\/([fhan][dbu]\d{4})/

const keyIn = (text: unknown) => KEY.exec(String(text))?.[1]
const roleIn = (text: unknown) => keyIn(text)?.[0]

interface Head {
  readonly status: string
  readonly requestId: string
}

interface Exchange {
  /** Port of our end of the connection. */
  readonly client: string
  /** Of each final answer that came, in order. */
  readonly heads: readonly Head[]
}

/** Sends bytes as they are and takes what comes until the connection ends or is quiet. */
function exchange(port: number, bytes: string): Promise<Exchange> {
  return new Promise((resolve) => {
    let text = ''
    let client = ''
    const socket = connect(port, '127.0.0.1')
    const finish = () => {
      clearTimeout(quiet)
      socket.destroy()
      resolve({ client, heads: headsOf(text) })
    }
    let quiet = setTimeout(finish, QUIET_MS)
    socket.setEncoding('latin1')
    socket.on('connect', () => {
      client = String(socket.localPort)
    })
    socket.on('data', (part) => {
      text += part
      clearTimeout(quiet)
      quiet = setTimeout(finish, QUIET_MS)
    })
    // A reset after the answer is an end, too.
    for (const event of ['error', 'end', 'close']) socket.on(event, finish)
    socket.write(bytes, 'latin1')
  })
}

function headsOf(text: string): Head[] {
  return [...text.matchAll(/HTTP\/1\.[01] (\d{3})[\s\S]*?\r\n\r\n/g)]
    .map(([head, status = '']) => ({ status, requestId: /^x-request-id: (.*?)\r$/im.exec(head)?.[1] ?? '' }))
    .filter(({ status }) => !status.startsWith('1'))
}

interface Row {
  readonly name: string
  readonly case: TortureCase
  /** With a credential the body is read, without one the answer comes before it: framing must survive both. */
  readonly authorized: boolean
}

const rows: readonly Row[] = proxiedCases.flatMap((row) => [
  { name: row.name, case: row, authorized: false },
  ...(row.bytes.startsWith('POST') ? [{ name: `${row.name}, read`, case: row, authorized: true }] : []),
])

/** The bytes of a case with targets that the product routes, and logs, whatever the method. */
function bytesOf(row: Row, way: Way, index: number, token: string): string {
  const first = keyOf('f', way, index)
  const hostile = row.case.bytes
    .replace(/^(POST (?:http:\/\/b\.test)?)\/x/, `$1/api/v1/apps/notes/releases/${first}/artifacts`)
    .replace(/^(?!POST)([^\r\n]*?)(?:\/x|\/etc\/passwd)/, `$1/${first}`)
    .replaceAll('/hidden', `/${keyOf('h', way, index)}`)
    .replace(/^POST [^\r\n]*\r\nHost: a\.test\r\n/, (head) =>
      row.authorized ? `${head}Authorization: Bearer ${token}\r\n` : head,
    )
  return `${hostile}${canary('a', way, index)}`
}

const canary = (role: Role, way: Way, index: number) =>
  `GET /${keyOf(role, way, index)} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`

interface Outcome extends Exchange {
  /** The request of another client that came after. */
  readonly next: Exchange
}

interface Findings {
  readonly outcomes: Readonly<Record<Way, readonly Outcome[]>>
  /** What the product says it was asked, since the first case. */
  readonly seen: readonly LogLine[]
  readonly proxied: readonly ProxyLine[]
}

async function runAll(server: TestServer): Promise<Findings> {
  const token = await createToken(server.data, '--allow', 'publish')
  await publishClient(server.url, token).createApp('notes')
  const before = server.log().length
  return withNginx(server.port, async (nginx) => {
    const ports = { d: server.port, b: nginx.bufferedPort, u: nginx.unbufferedPort }
    const run = (way: Way) =>
      Promise.all(
        rows.map(async (row, index) => ({
          ...(await exchange(ports[way], bytesOf(row, way, index, token))),
          next: await exchange(ports[way], canary('n', way, index)),
        })),
      )
    // All at once, so that the few connections between nginx and the product are shared by hostile and honest.
    const [d, b, u] = await Promise.all([run('d'), run('b'), run('u')])
    const proxied = await nginx.stop()
    await server.stop()
    const seen = server.log().slice(before)
    return { outcomes: { d, b, u }, seen: seen.filter(({ msg }) => msg === 'request'), proxied }
  })
}

const findings = await withServer(runAll, { args: ['--log-level', 'debug', '--drain-seconds', '5'] })
const seenById = new Map(findings.seen.map((line) => [String(line.requestId), line]))
const differences = httpDifferences[testRuntime === 'binary' ? 'bun' : testRuntime]

/** The product's own account of a case. It logs ends, and requests in a row may end in any order. */
function seenOf(way: Way, index: number): LogLine[] {
  const suffix = keyOf('f', way, index).slice(1)
  return findings.seen.filter(({ path }) => keyIn(path)?.slice(1) === suffix)
}

const rolesOf = (lines: readonly LogLine[]) => lines.map(({ path }) => roleIn(path))
const triesOf = (line: ProxyLine) => (line.upstream === '' ? 0 : line.upstream.split(', ').length)

function isSubsequence(part: readonly unknown[], whole: readonly unknown[]): boolean {
  let at = 0
  for (const item of whole) if (at < part.length && part[at] === item) at++
  return at === part.length
}

/** Holds when nothing is in `part` more often than in `whole`. */
function isWithin(part: readonly (string | undefined)[], whole: readonly (string | undefined)[]): boolean {
  return isSubsequence(part.toSorted(), whole.toSorted())
}

function isEachAnswerOfItsRequest(heads: readonly Head[], keys: readonly (string | undefined)[]): boolean {
  const answered = heads.map(({ requestId }) => keyIn(seenById.get(requestId)?.path))
  return isSubsequence(
    answered.filter((key) => key !== undefined),
    keys,
  )
}

for (const [index, row] of rows.entries()) {
  const allowed = (differences[row.case.name] ?? row.case.strict).app.map((text) =>
    text.startsWith('GET /after') ? 'a' : text.startsWith('GET /hidden') ? 'h' : 'f',
  )

  test(`distd on ${testRuntime} finds no request too many in ${row.name}`, () => {
    const roles = rolesOf(seenOf('d', index))
    const { heads, next } = findings.outcomes.d[index]!
    assert.ok(
      isWithin(
        roles.filter((role) => role !== 'n'),
        allowed,
      ),
      `${roles} instead of ${allowed}`,
    )
    const keys = allowed.map((role) => keyOf(role as Role, 'd', index))
    assert.ok(isEachAnswerOfItsRequest(heads, keys), JSON.stringify(heads))
    assert.deepEqual(
      next.heads.map(({ status, requestId }) => [status, keyIn(seenById.get(requestId)?.path)]),
      [['404', keyOf('n', 'd', index)]],
    )
  })

  for (const way of ['b', 'u'] as const) {
    test(`distd on ${testRuntime} behind nginx (${way === 'b' ? 'buffered' : 'unbuffered'}) agrees with it on ${row.name}`, () => {
      const { client, heads, next } = findings.outcomes[way][index]!
      const port = findings.proxied.find(({ request }) => keyIn(request) === keyOf('n', way, index))?.port
      const lines = findings.proxied.filter((line) => line.port === port && line.client === client)
      const forwarded = lines.filter((line) => triesOf(line) > 0)
      const seen = seenOf(way, index)
      const told = JSON.stringify({ lines, seen, heads })

      // Nothing is seen that was not forwarded, and nothing more often.
      for (const key of new Set(seen.map(({ path }) => keyIn(path)))) {
        const tries = findings.proxied.filter(({ request }) => keyIn(request) === key)
        const count = tries.reduce((sum, line) => sum + triesOf(line), 0)
        assert.ok(seen.filter(({ path }) => keyIn(path) === key).length <= count, `${key}: ${told}`)
      }
      // What nginx took for the answer to a request is the answer to that request.
      for (const line of forwarded) {
        const answered = seenById.get(line.requestId)
        if (answered === undefined) continue
        assert.equal(keyIn(answered.path), keyIn(line.request), told)
        assert.ok(line.request.startsWith(`${answered.method} `), told)
      }
      // What nginx forwarded as a request of its own, hidden or honest, is seen and answered as such.
      for (const line of forwarded.filter(({ request }) => 'ah'.includes(roleIn(request) ?? '-')))
        assert.equal(keyIn(seenById.get(line.requestId)?.path), keyIn(line.request), told)
      // The client gets these answers in this order; HTTP/0.9 has no head, and who left got nothing.
      const owed = lines.filter((line) => triesOf(line) === 0 || / HTTP\/1\.[0-9]$/.test(line.request))
      assert.deepEqual(
        heads,
        owed.slice(0, heads.length).map(({ status, requestId }) => ({ status, requestId })),
        told,
      )
      // Whoever comes next gets his own.
      assert.deepEqual(
        next.heads.map(({ status, requestId }) => [status, keyIn(seenById.get(requestId)?.path)]),
        [['404', keyOf('n', way, index)]],
      )
      // Where nginx refused nothing, the same bytes sent straight hold no request that nginx did not find.
      if (lines.length > 0 && forwarded.length === lines.length) {
        const straight = rolesOf(seenOf('d', index)).filter((role) => role !== 'n')
        const found = forwarded.map(({ request }) => roleIn(request))
        assert.ok(isWithin(straight, found), `straight ${straight}, nginx ${found}`)
      }
    })
  }
}

test(`distd on ${testRuntime} logs no request that no case sent`, () => {
  assert.deepEqual(
    findings.seen.filter(({ path }) => keyIn(path) === undefined),
    [],
  )
})

test(`distd on ${testRuntime} and nginx both take honest requests and the ones after them`, () => {
  for (const name of ['an honest request and its successor', 'an honest chunked body, read', 'CL.0, read'])
    for (const way of ['b', 'u'] as const) {
      const index = rows.findIndex((row) => row.name === name)
      assert.deepEqual(rolesOf(seenOf(way, index)).toSorted(), ['a', 'f', 'n'], name)
    }
})

/** Sends 5 MiB in two parts and reads ranges of it, all through nginx. */
async function transfer(server: TestServer, port: number): Promise<void> {
  const token = await createToken(server.data, '--allow', 'publish')
  const client = publishClient(`http://127.0.0.1:${port}`, token)
  const bytes = Uint8Array.from({ length: 5 * 1024 ** 2 }, (_, at) => (at * 31 + (at >> 11)) & 255)
  const half = 2_600_001
  await client.createApp('notes')
  const { id } = await client.open('large.bin', bytes)
  await client.send(id, 0, bytes.slice(0, half), false)
  const { headers } = await client.call('HEAD', `/uploads/${id}`, [200, 204])
  assert.equal(headers.get('upload-offset'), String(half))
  await client.send(id, half, bytes.slice(half), true)
  const { json: draft } = await client.call('POST', '/apps/notes/releases', [201], { body: { version: '1.0.0' } })
  const path = `/apps/notes/releases/${draft.id}`
  await client.call('POST', `${path}/artifacts`, [201], { body: { uploadId: id, platform: 'linux' } })
  await client.call('POST', `${path}/actions/publish`, [200])
  await client.call('POST', `${path}/actions/announce`, [200])

  const file = '/notes/latest/large.bin'
  const whole = await client.ask('GET', file)
  assert.deepEqual([whole.status, digestOf(whole.bytes)], [200, digestOf(bytes)])
  const parts = [
    [0, half - 1],
    [half, bytes.length - 1],
  ] as const
  const read: Uint8Array[] = []
  for (const [from, to] of parts) {
    const part = await client.ask('GET', file, { headers: { Range: `bytes=${from}-${to}` } })
    assert.equal(part.status, 206)
    assert.equal(part.headers.get('content-range'), `bytes ${from}-${to}/${bytes.length}`)
    assert.equal(part.headers.get('etag'), whole.headers.get('etag'))
    read.push(part.bytes)
  }
  assert.equal(digestOf(Buffer.concat(read)), digestOf(bytes))
}

const transfers: readonly (readonly [string, (nginx: Nginx) => number])[] = [
  ['collects bodies', (nginx) => nginx.bufferedPort],
  ['hands bodies on', (nginx) => nginx.unbufferedPort],
]
for (const [what, portOf] of transfers)
  test(`distd on ${testRuntime} takes an upload in parts and gives ranges through nginx that ${what}`, () =>
    withServer((server) => withNginx(server.port, (nginx) => transfer(server, portOf(nginx)))))
