import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { buildSignedIpa } from '../fixtures/build-signed-ipa.ts'
import { needPrograms } from '../helpers/debian.ts'
import { askAsDevice } from '../helpers/device-client.ts'
import { firstAdmin } from '../helpers/first-admin.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { withTlsNginx } from '../helpers/nginx.ts'
import type { PublishClient } from '../helpers/publish-client.ts'
import { assetUrl, type ReadManifest, readManifest } from '../helpers/read-plist.ts'
import { watchSecrets } from '../helpers/secret-watch.ts'
import { createToken, startServer, testRuntime, withServer } from '../helpers/server.ts'

const IPA = await buildSignedIpa({ expiresAt: new Date(Date.now() + 400 * 86_400_000) })
const SHA256 = createHash('sha256').update(IPA).digest('hex')

const PHONE = {
  Accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'User-Agent':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
}

/** The apps `notes`, which is public, and `hidden`, each with an IPA. */
async function publish(client: PublishClient): Promise<void> {
  for (const [slug, visibility] of [
    ['notes', 'public'],
    ['hidden', 'private'],
  ] as const) {
    await client.createApp(slug, visibility)
    const { json: draft } = await client.call('POST', `/apps/${slug}/releases`, [201], { body: { version: '1.4.0' } })
    const path = `/apps/${slug}/releases/${draft.id}`
    const uploadId = await client.upload('Notes.ipa', IPA)
    await client.call('POST', `${path}/artifacts`, [201], { body: { uploadId, platform: 'ios' } })
    await client.call('POST', `${path}/actions/publish`, [200])
    await client.call('POST', `${path}/actions/announce`, [200])
  }
}

/** The address of the manifest that a page gives to the phone that opens it. */
async function manifestUrl(url: string, headers: Record<string, string> = {}): Promise<string> {
  const page = await askAsDevice(url, { headers: { ...PHONE, ...headers } })
  assert.equal(page.status, 200, url)
  const links = [...page.bytes.toString().matchAll(/"itms-services:\/\/\?action=download-manifest&amp;url=([^"]+)"/g)]
  assert.equal(links.length, 1, page.bytes.toString())
  return decodeURIComponent(links[0]![1]!)
}

async function manifestAt(url: string): Promise<ReadManifest> {
  const answer = await askAsDevice(url)
  assert.equal(answer.status, 200, url)
  assert.equal(answer.headers['content-type'], 'text/xml; charset=utf-8')
  assert.equal(answer.headers['cache-control'], 'private, no-store')
  return readManifest(answer.bytes.toString())
}

/** Fetches all that a manifest names as a phone does: sizes first, whole files, and parts of them. */
async function install({ assets, metadata }: ReadManifest): Promise<void> {
  assert.deepEqual([metadata['bundle-identifier'], metadata['bundle-version']], ['com.example.notes', '1040'])
  const url = assetUrl({ assets, metadata }, 'software-package')
  const head = await askAsDevice(url, { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers['content-length']], [200, String(IPA.byteLength)])
  assert.equal(head.headers['accept-ranges'], 'bytes')
  const whole = await askAsDevice(url)
  assert.deepEqual([whole.status, whole.sha256], [200, SHA256])
  assert.equal(whole.headers['content-type'], 'application/octet-stream')
  const half = Math.floor(IPA.byteLength / 2)
  const parts = []
  for (const [from, to] of [
    [0, half - 1],
    [half, IPA.byteLength - 1],
  ] as const) {
    const part = await askAsDevice(url, { headers: { Range: `bytes=${from}-${to}` } })
    assert.equal(part.status, 206)
    parts.push(part.bytes)
  }
  assert.equal(createHash('sha256').update(Buffer.concat(parts)).digest('hex'), SHA256)
  for (const kind of ['display-image', 'full-size-image']) {
    const icon = await askAsDevice(assetUrl({ assets, metadata }, kind))
    assert.deepEqual([icon.status, icon.headers['content-type']], [200, 'image/png'])
    assert.equal(icon.bytes.subarray(0, 8).toString('hex'), '89504e470d0a1a0a')
  }
}

const HOST = 'dist.example.test'

interface Site {
  /** Origin of the server, as devices have it. */
  readonly url: string
  /** Starts the server, with a clock that is ahead by so many seconds. */
  serving<T>(aheadSeconds: number, work: () => Promise<T>): Promise<T>
}

/** Runs `work` with nginx in front of a server on this data, which is told what its URL is. */
async function withSite(data: string, work: (site: Site) => Promise<void>): Promise<void> {
  needPrograms({ faketime: 'faketime' })
  const [port = 0, upstreamPort = 0, otherPort = 0] = await freePorts(3)
  const url = `https://${HOST}:${port}`
  const secrets = watchSecrets()
  await withTlsNginx({ host: HOST, port, upstreamPort, otherPort }, () =>
    work({
      url,
      async serving(aheadSeconds, inTime) {
        const moved = { LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1', FAKETIME: `+${aheadSeconds}s` }
        const server = await startServer({
          data,
          // The one that is given last counts.
          args: ['--listen', `127.0.0.1:${upstreamPort}`],
          env: {
            DISTD_PUBLIC_URL: url,
            ...(aheadSeconds === 0 ? {} : { ...moved, FAKETIME_DONT_FAKE_MONOTONIC: '1' }),
          },
        })
        try {
          return await inTime()
        } finally {
          await server.kill()
          secrets.log('info', server.output())
        }
      },
    }),
  )
  secrets.check([])
}

test(`a phone installs from distd on ${testRuntime} behind nginx without a cookie, for an hour`, () =>
  withServer(async (server) => {
    await publish(await firstAdmin(server))
    const token = await createToken(server.data, '--allow', 'admin')
    assert.equal(await server.stop(), 0)
    await withSite(server.data, async ({ url, serving }) => {
      const manifests = new Map<string, ReadManifest>()
      await serving(0, async () => {
        // Of a public app the address of the manifest is plain, by channel and by release.
        const open = await manifestUrl(`${url}/notes/latest`)
        assert.equal(open, `${url}/notes/releases/1.4.0/manifest.plist?file=Notes.ipa`)
        for (const one of [open, `${url}/notes/latest/manifest.plist`]) manifests.set(one, await manifestAt(one))
        const plain = await askAsDevice(`${url}/notes/releases/1.4.0/Notes.ipa`)
        assert.equal(plain.status, 401, 'the IPA itself is for nobody in particular')

        // Of a private one it is for those with a right, and for whoever was given a link.
        for (const path of [
          '/hidden/latest',
          '/hidden/releases/1.4.0/manifest.plist',
          '/hidden/releases/1.4.0/Notes.ipa',
        ])
          assert.equal((await askAsDevice(url + path)).status, 404, path)
        const Authorization = `Bearer ${token}`
        const own = await manifestUrl(`${url}/hidden/latest`, { Authorization })
        manifests.set(own, await manifestAt(own))
        const made = await askAsDevice(`${url}/api/v1/shares`, {
          method: 'POST',
          headers: { Authorization, 'Content-Type': 'application/json' },
          body: JSON.stringify({ app: 'hidden', channel: 'latest', label: 'Grace' }),
        })
        assert.equal(made.status, 201)
        const link = JSON.parse(made.bytes.toString())
        const opened = await askAsDevice(link.url, { headers: PHONE })
        assert.equal(opened.status, 303)
        const [cookie = ''] = opened.headers['set-cookie'] as string[]
        const shared = await manifestUrl(`${url}/hidden/latest`, { Cookie: cookie.split(';')[0]! })
        manifests.set(shared, await manifestAt(shared))

        assert.equal(manifests.size, 4)
        for (const [at, manifest] of manifests) {
          for (const asset of manifest.assets) assert.ok(asset.url.startsWith(`${url}/`), `${at} names ${asset.url}`)
          await install(manifest)
        }
        const details = await askAsDevice(`${url}/api/v1/shares/${link.share.id}`, { headers: { Authorization } })
        assert.equal(JSON.parse(details.bytes.toString()).downloads, 2, 'a whole file, and one in parts')
      })

      await serving(3601, async () => {
        for (const [at, { assets }] of manifests) {
          const isHidden = at.includes('/hidden/')
          assert.equal((await askAsDevice(at)).status, isHidden ? 404 : 200, at)
          for (const { kind, url: one } of assets) {
            // The picture of a public app is for everybody.
            const expected = isHidden ? 404 : kind === 'software-package' ? 401 : 200
            for (const headers of [{}, { Range: 'bytes=0-0' }, { Range: 'bytes=9-' }]) {
              const { status } = await askAsDevice(one, { headers })
              assert.equal(status, expected, `${one} ${JSON.stringify(headers)}, an hour later`)
            }
            assert.equal((await askAsDevice(one, { method: 'HEAD' })).status, expected, `HEAD ${one}`)
          }
        }
        // The page gives another one.
        await install(await manifestAt(await manifestUrl(`${url}/notes/latest`)))
      })
    })
  }))

test(`distd on ${testRuntime} without a public https URL offers devices nothing, and says why`, () =>
  withServer(async (server) => {
    await publish(await firstAdmin(server))
    for (const path of ['/notes', '/notes/latest', '/notes/releases/1.4.0']) {
      const page = await fetch(server.url + path, { headers: { ...PHONE, 'X-Forwarded-Proto': 'https' } })
      const text = await page.text()
      assert.equal(page.status, 200)
      assert.ok(!text.includes('itms-services') && !text.includes('manifest.plist'), path)
      assert.match(text, /no public https address/, path)
    }
    const answer = await fetch(`${server.url}/notes/latest/manifest.plist`)
    assert.equal(answer.status, 404)
    assert.equal(((await answer.json()) as { code: string }).code, 'ota.not_offered')
  }))
