import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpDifferences } from '../vectors/http-differences.ts'
import { type Outcome, type TortureCase, tortureCases } from '../vectors/http-torture.ts'
import { exchange, statusesOf } from './raw-http.ts'
import { runtimeName } from './runtime-name.ts'

const { serve } = (await import(
  `../../adapters/${runtimeName}/serve.ts`
)) as typeof import('../../adapters/node/serve.ts')

/** Longer than any answer takes here; only connections that are rightly left open wait for it. */
const QUIET_MS = 800

async function outcomeOf({ bytes }: TortureCase): Promise<Outcome> {
  const app: string[] = []
  const server = await serve({
    hostname: '127.0.0.1',
    port: 0,
    maxConnections: 10,
    log: () => {},
    fetch: async (request) => {
      const index = app.push('') - 1
      const { pathname, search, host } = new URL(request.url)
      const size = await request.arrayBuffer().then(
        (body) => String(body.byteLength),
        () => '!',
      )
      app[index] = `${request.method} ${pathname} ${size}${search === '?host' ? ` host=${host}` : ''}`
      return new Response('ok', { status: size === '!' ? 400 : 200 })
    },
  })
  const { text, closed } = await exchange(server.port, `${bytes}GET /after HTTP/1.1\r\nHost: a.test\r\n\r\n`, QUIET_MS)
  await server.stop(0)
  return { answer: [...statusesOf(text), closed ? 'closed' : 'open'].join(' '), app }
}

// All at once: most of the time is spent waiting for connections that stay open.
const outcomes = new Map(await Promise.all(tortureCases.map(async (row) => [row.name, await outcomeOf(row)] as const)))
const differences = httpDifferences[runtimeName]

for (const { name, strict } of tortureCases) {
  const deviation = differences[name]
  const expected: Outcome = deviation ?? strict
  test(`serve() on ${runtimeName} answers ${name} with ${expected.answer}`, () => {
    assert.deepEqual(outcomes.get(name), { answer: expected.answer, app: expected.app }, deviation?.reason)
  })
}

test(`httpDifferences of ${runtimeName} name cases that exist and differ from them`, () => {
  for (const [name, { answer, app }] of Object.entries(differences)) {
    const row = tortureCases.find((candidate) => candidate.name === name)
    assert.ok(row !== undefined, name)
    assert.notDeepEqual({ answer, app }, row.strict, name)
  }
})
