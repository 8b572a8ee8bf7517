import assert from 'node:assert/strict'
import { readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { needPrograms } from '../helpers/debian.ts'
import { digestOf, publishClient } from '../helpers/publish-client.ts'
import { createToken, start, type TestServer, testRuntime, withServer } from '../helpers/server.ts'
import { seededBytes } from '../suites/bodies.ts'

needPrograms({ curl: 'curl' })

const MIB = 1024 ** 2
const bytes = seededBytes(12 * MIB + 17)

/** Fails on a status of 400 and more with 22, as installers call it. @returns its exit code */
async function curl(...args: readonly string[]): Promise<number | string> {
  return start(['curl', '--fail', '--silent', '--show-error', '--location', ...args]).ended
}

async function publish(server: TestServer): Promise<string> {
  const client = publishClient(server.url, await createToken(server.data, '--allow', 'publish'))
  await client.createApp('notes')
  await client.release('notes', '1.0.0', { 'notes.bin': bytes })
  return `${server.url}/notes/releases/1.0.0/notes.bin`
}

test(`curl -C - goes on with a download from distd on ${testRuntime} that was cut`, () =>
  withServer(async (server, folder) => {
    const url = await publish(server)
    const file = join(folder, 'notes.bin')
    const digest = () => digestOf(readFileSync(file))

    // 28: the time was over.
    assert.equal(await curl('--limit-rate', '200K', '--max-time', '2', '--output', file, url), 28)
    const { size } = statSync(file)
    assert.ok(size > 0 && size < bytes.length, `${size} of ${bytes.length} bytes came`)
    assert.equal(await curl('--continue-at', '-', '--output', file, url), 0)
    assert.equal(digest(), digestOf(bytes))

    for (const cut of [1, MIB - 1, MIB, bytes.length - 1]) {
      truncateSync(file, cut)
      assert.equal(await curl('--continue-at', '-', '--output', file, url), 0)
      assert.equal(digest(), digestOf(bytes), `cut at ${cut}`)
    }
    truncateSync(file, 5 * MIB)
    assert.equal(await curl('--continue-at', '-', '--output', file, `${server.url}/notes/latest/notes.bin`), 0)
    assert.equal(digest(), digestOf(bytes))
  }))

test(`curl -r takes parts of a file from distd on ${testRuntime}`, () =>
  withServer(async (server, folder) => {
    const url = await publish(server)
    const file = join(folder, 'part')
    for (const [range, first, end] of [
      ['0-0', 0, 1],
      ['5-999999', 5, 1_000_000],
      [`${11 * MIB}-`, 11 * MIB, bytes.length],
      ['-100', bytes.length - 100, bytes.length],
    ] as const) {
      assert.equal(await curl('--range', range, '--output', file, url), 0)
      assert.equal(digestOf(readFileSync(file)), digestOf(bytes.subarray(first, end)), range)
    }
    assert.equal(await curl('--range', `${bytes.length}-`, '--output', file, url), 22)

    assert.equal(await curl('--range', '0-99,200-299', '--output', file, url), 0)
    const parts = readFileSync(file)
    assert.ok([0, 200].every((first) => parts.includes(Buffer.from(bytes.subarray(first, first + 100)))))
    assert.ok(parts.includes(`Content-Range: bytes 200-299/${bytes.length}`))
  }))
