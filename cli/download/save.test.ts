import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Digest, digestOf, reprDigest } from '../../src/bytes/digest.ts'
import { DistError, type ErrorCode } from '../../src/errors.ts'
import { type SaveOptions, saveVerified, type Wanted } from './save.ts'

const bytes = new Uint8Array(300_000).map((_, i) => (i * 7) ^ (i >> 8))
const digest = digestOf(bytes)

/** Answers like a server that holds `held`; `cutAt` ends a body early with an error, once per entry. */
function server(held: Uint8Array<ArrayBuffer>, cutAt: number[] = []) {
  const requests: Record<string, string>[] = []
  const wanted: Wanted = {
    sizeBytes: bytes.byteLength,
    digest,
    async open(headers) {
      requests.push({ ...headers })
      const etag = `"${digestOf(held).replace(':', '-')}"`
      const range = /^bytes=(\d+)-$/.exec(headers.range ?? '')
      const from = range && headers['if-range'] === etag ? Number(range[1]) : 0
      const cut = cutAt.shift()
      let sent = from
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (cut !== undefined && sent >= cut) return controller.error(new TypeError('terminated'))
          if (sent >= held.byteLength) return controller.close()
          const next = Math.min(sent + 10_000, cut ?? held.byteLength, held.byteLength)
          controller.enqueue(held.slice(sent, next))
          sent = next
        },
      })
      const answer: Record<string, string> = { etag, 'repr-digest': reprDigest(digestOf(held)) }
      if (from > 0) answer['content-range'] = `bytes ${from}-${held.byteLength - 1}/${held.byteLength}`
      return new Response(body, { status: from > 0 ? 206 : 200, headers: answer })
    },
  }
  return { wanted, requests }
}

function options(over: Partial<SaveOptions> = {}): SaveOptions {
  return {
    force: false,
    retries: 2,
    signal: new AbortController().signal,
    digestFile: async (path): Promise<Digest> =>
      `sha256:${createHash('sha256')
        .update(await readFile(path))
        .digest('hex')}`,
    pause: async () => {},
    ...over,
  }
}

const failsWith = (code: ErrorCode) => (error: unknown) => error instanceof DistError && error.code === code

async function inFolder(run: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'save-'))
  try {
    await run(join(folder, 'app.apk'), folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('saveVerified() writes the bytes and leaves no part', async () => {
  await inFolder(async (path, folder) => {
    const { wanted, requests } = server(bytes)
    assert.deepEqual(await saveVerified(path, wanted, options()), { written: true, resumedBytes: 0 })
    assert.equal(digestOf(await readFile(path)), digest)
    assert.deepEqual(await readdir(folder), ['app.apk'])
    assert.equal(requests.length, 1)
    assert.equal(requests[0]?.range, undefined)
  })
})

test('saveVerified() continues after cuts with Range and If-Range', async () => {
  await inFolder(async (path) => {
    const { wanted, requests } = server(bytes, [100_000, 200_000, 250_000, 260_000])
    await saveVerified(path, wanted, options({ retries: 0 }))
    assert.equal(digestOf(await readFile(path)), digest)
    assert.deepEqual(
      requests.map((headers) => headers.range),
      [undefined, 'bytes=100000-', 'bytes=200000-', 'bytes=250000-', 'bytes=260000-'],
    )
    assert.equal(requests[1]?.['if-range'], `"${digest.replace(':', '-')}"`)
  })
})

test('saveVerified() takes up the part of an earlier run', async () => {
  await inFolder(async (path, folder) => {
    await writeFile(`${path}.part`, bytes.subarray(0, 123_456))
    const { wanted, requests } = server(bytes)
    assert.deepEqual(await saveVerified(path, wanted, options()), { written: true, resumedBytes: 123_456 })
    assert.equal(requests[0]?.range, 'bytes=123456-')
    assert.deepEqual(await readdir(folder), ['app.apk'])
  })
})

test('saveVerified() starts again when the part was begun for other bytes', async () => {
  await inFolder(async (path) => {
    for (const stale of [1, 123_456, bytes.byteLength, bytes.byteLength + 5]) {
      await writeFile(`${path}.part`, new Uint8Array(stale).fill(1))
      await saveVerified(path, server(bytes).wanted, options())
      assert.equal(digestOf(await readFile(path)), digest, `a part of ${stale} bytes`)
      await rm(path)
    }
  })
})

test('saveVerified() keeps nothing when the bytes have another digest', async () => {
  await inFolder(async (path, folder) => {
    const flipped = bytes.slice()
    flipped[200_000]! ^= 1
    const { wanted } = server(flipped)
    const silent: Wanted = {
      ...wanted,
      async open(headers) {
        const response = await wanted.open(headers)
        response.headers.delete('repr-digest')
        return response
      },
    }
    await assert.rejects(saveVerified(path, silent, options()), failsWith('verify.failed'))
    assert.deepEqual(await readdir(folder), [])
  })
})

test('saveVerified() stops before the body when Repr-Digest names other bytes', async () => {
  await inFolder(async (path, folder) => {
    const { wanted, requests } = server(bytes.map((byte) => byte ^ 1))
    await assert.rejects(saveVerified(path, wanted, options()), failsWith('verify.failed'))
    assert.equal(requests.length, 1)
    assert.ok(!(await readdir(folder)).includes('app.apk'))
  })
})

test('saveVerified() refuses a body that is longer than the release says', async () => {
  await inFolder(async (path, folder) => {
    const { wanted } = server(bytes)
    const longer: Wanted = { ...wanted, open: async () => new Response(new Uint8Array(bytes.byteLength + 1)) }
    await assert.rejects(saveVerified(path, longer, options()), failsWith('verify.failed'))
    assert.ok(!(await readdir(folder)).includes('app.apk'))
  })
})

test('saveVerified() gives up after the retries and keeps the part', async () => {
  await inFolder(async (path, folder) => {
    const { wanted, requests } = server(bytes, [50_000, 50_000, 50_000, 50_000, 50_000])
    await assert.rejects(saveVerified(path, wanted, options({ retries: 2 })), failsWith('server.unreachable'))
    assert.equal(requests.length, 4)
    assert.deepEqual(await readdir(folder), ['app.apk.part'])
    assert.equal((await readFile(`${path}.part`)).byteLength, 50_000)
  })
})

test('saveVerified() passes on what the server refuses, without retrying', async () => {
  await inFolder(async (path) => {
    const { wanted } = server(bytes)
    let asked = 0
    const gone: Wanted = {
      ...wanted,
      open: async () => {
        asked++
        throw new DistError('release.not_found')
      },
    }
    await assert.rejects(saveVerified(path, gone, options()), failsWith('release.not_found'))
    assert.equal(asked, 1)
  })
})

test('saveVerified() never replaces other bytes without force', async () => {
  await inFolder(async (path) => {
    await writeFile(path, 'mine')
    const { wanted, requests } = server(bytes)
    await assert.rejects(saveVerified(path, wanted, options()), failsWith('file.exists'))
    assert.equal(await readFile(path, 'utf8'), 'mine')
    assert.equal(requests.length, 0)
    await saveVerified(path, wanted, options({ force: true }))
    assert.equal(digestOf(await readFile(path)), digest)
  })
})

test('saveVerified() leaves a file alone that appears during the download', async () => {
  await inFolder(async (path) => {
    const { wanted } = server(bytes)
    const digestFile = options().digestFile
    const slow = options({
      // The file is there by the time the part is hashed.
      digestFile: async (file) => {
        await writeFile(path, 'theirs')
        return digestFile(file)
      },
    })
    await assert.rejects(saveVerified(path, wanted, slow), failsWith('file.exists'))
    assert.equal(await readFile(path, 'utf8'), 'theirs')
  })
})

test('saveVerified() fetches nothing when the very bytes are there', async () => {
  await inFolder(async (path) => {
    await writeFile(path, bytes)
    const { wanted, requests } = server(bytes)
    assert.deepEqual(await saveVerified(path, wanted, options()), { written: false, resumedBytes: 0 })
    assert.equal(requests.length, 0)
  })
})

test('saveVerified() stops when interrupted and keeps the part', async () => {
  await inFolder(async (path, folder) => {
    const stop = new AbortController()
    const { wanted } = server(bytes, [150_000])
    const run = saveVerified(
      path,
      wanted,
      options({ signal: stop.signal, pause: async () => stop.abort(new DistError('interrupted')), retries: 9 }),
    )
    await assert.rejects(run, failsWith('interrupted'))
    assert.deepEqual(await readdir(folder), ['app.apk.part'])
  })
})

test('saveVerified() writes an empty file', async () => {
  await inFolder(async (path) => {
    const nothing = new Uint8Array(0)
    await saveVerified(path, { ...server(bytes).wanted, sizeBytes: 0, digest: digestOf(nothing) }, options())
    assert.equal((await readFile(path)).byteLength, 0)
  })
})
