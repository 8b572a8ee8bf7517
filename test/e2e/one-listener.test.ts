import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { publishClient } from '../helpers/publish-client.ts'
import { createToken, testRuntime, withServer } from '../helpers/server.ts'

/** What a process can be reached by, as the kernel lists it: protocol and local address, sorted. */
function listenersOf(pid: number): string[] {
  const own = new Set<string>()
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1]
      if (inode !== undefined) own.add(inode)
    } catch (error) {
      // A descriptor that was closed since the folder was read is no listener.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  const rows = (table: string) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
  const found: string[] = []
  // 0A is TCP_LISTEN; a UDP socket hears everybody as soon as it is bound.
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6'])
    for (const [, local, , state, , , , , , inode = ''] of rows(table))
      if (own.has(inode) && (state === '0A' || table.startsWith('udp'))) found.push(`${table} ${local}`)
  // __SO_ACCEPTCON
  for (const [, , , flags, , , inode = '', path = ''] of rows('unix'))
    if (own.has(inode) && (Number.parseInt(flags ?? '', 16) & 0x10000) !== 0) found.push(`unix ${path}`)
  return found.sort()
}

test(`distd serve on ${testRuntime} listens on one socket and no other`, () =>
  withServer(async (server) => {
    const portHex = server.port.toString(16).toUpperCase().padStart(4, '0')
    const only = [`tcp 0100007F:${portHex}`]
    assert.deepEqual(listenersOf(server.pid), only)

    // What is only set up at the first use would come now.
    const client = publishClient(server.url, await createToken(server.data, '--allow', 'publish'))
    await client.createApp('notes')
    await client.release('notes', '1.0.0', { 'notes.bin': new Uint8Array(100_000).fill(1) })
    for (const path of ['/notes/latest/notes.bin', '/notes', '/healthz', '/api/v1/openapi.json'])
      assert.equal((await client.ask('GET', path)).status, 200, path)
    assert.deepEqual(listenersOf(server.pid), only)
  }))
