import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { buildSigner } from '../fixtures/build-certificate.ts'
import { buildPng } from '../fixtures/build-png.ts'
import { openBrowser, withVisitor } from '../helpers/browser.ts'
import { firstAdmin } from '../helpers/first-admin.ts'
import { androidFile } from '../helpers/install-files.ts'
import type { PublishClient } from '../helpers/publish-client.ts'
import { testRuntime, until } from '../helpers/server.ts'
import { type TlsSite, withTlsSite } from '../helpers/tls-site.ts'

const browser = await openBrowser()

/** Where what runs calls: another host, which notes who did. */
const CANARY = '/canary'
const OTHER = 'other.test'

/** By which the test knows that it would be told. */
const CONTROL = `${CANARY}/control`

const visitsOf = ({ visits }: TlsSite) => visits.flatMap(({ url }) => (url?.startsWith(CANARY) ? [url] : []))
const canaryVisits = (site: TlsSite) => visitsOf(site).filter((url) => url !== CONTROL)

/** A script that tells of itself in every way that a script of the server's origin could. */
function script(canary: string): string {
  return `try{localStorage.setItem("ran","1")}catch{}try{document.cookie="ran=1"}catch{}try{document.title="ran"}catch{}globalThis.ran=1;try{fetch("${canary}",{mode:"no-cors"})}catch{}try{new Image().src="${canary}"}catch{}`
}

/** Files that browsers would run, or draw with what they load, were they not served as what they are: somebody's. */
function activeFiles(site: TlsSite): Readonly<Record<string, Uint8Array<ArrayBuffer>>> {
  const canary = (name: string) => `${site.origin(OTHER)}${CANARY}/${name}`
  const js = (name: string) => script(canary(name))
  const html = (name: string) =>
    `<!doctype html><title>page</title><body onload='${js(name)}'><script>${js(name)}</script><img src="${canary(name)}"><iframe src="${canary(name)}"></iframe>`
  const svg = (name: string) =>
    `<svg xmlns="http://www.w3.org/2000/svg" onload='${js(name)}'><script>${js(name).replaceAll('&', '&amp;')}</script><image href="${canary(name)}"/></svg>`
  const xhtml = (name: string) =>
    `<?xml version="1.0"?><?xml-stylesheet href="${canary(name)}"?><html xmlns="http://www.w3.org/1999/xhtml"><body><script>${js(name)}</script></body></html>`
  const picture = buildPng({ width: 1, height: 1, filters: [0], pixel: () => [0, 0, 0, 255] })
  const utf8 = (text: string) => new TextEncoder().encode(text)
  return {
    'page.html': utf8(html('page.html')),
    'page.htm': utf8(html('page.htm')),
    'page.xhtml': utf8(xhtml('page.xhtml')),
    'page.shtml': utf8(html('page.shtml')),
    'picture.svg': utf8(svg('picture.svg')),
    'data.xml': utf8(xhtml('data.xml')),
    'script.js': utf8(js('script.js')),
    'module.mjs': utf8(js('module.mjs')),
    'style.css': utf8(`@import "${canary('style.css')}"; body { background: url("${canary('style.css')}") }`),
    'paper.pdf': utf8(`%PDF-1.7\n${html('paper.pdf')}`),
    // A picture and a script at once.
    'picture.gif': utf8(`GIF89a=1;${js('picture.gif')}`),
    'picture.png': new Uint8Array([...picture, ...utf8(html('picture.png'))]),
    'mail.mhtml': utf8(`MIME-Version: 1.0\nContent-Type: text/html\n\n${html('mail.mhtml')}`),
    README: utf8(html('README')),
    "it's (1) & é, x=.html": utf8(html('name')),
  }
}

const BRANCH_NAMES = ['page.html', 'picture.svg', 'script.js', 'picture.gif']
const BRANCH_SLOTS = ['linux-x64', 'linux-arm64', 'windows-x64', 'macos-arm64']

interface Published {
  /** Folders of pages below which the same files are, by what they are. */
  readonly folders: Readonly<Record<string, string>>
  readonly names: readonly string[]
}

/** A release whose files try to run, at every kind of address that a file has. */
async function publishActive(admin: PublishClient, site: TlsSite): Promise<Published> {
  await admin.createApp('notes')
  const files = activeFiles(site)
  const attached = async (version: string) => {
    const { json: draft } = await admin.call('POST', '/apps/notes/releases', [201], { body: { version } })
    const path = `/apps/notes/releases/${draft.id}`
    for (const [fileName, bytes] of Object.entries(files)) {
      const uploadId = await admin.upload(fileName, Uint8Array.from(bytes))
      await admin.call('POST', `${path}/artifacts`, [201], { body: { uploadId, platform: 'any' } })
    }
    return (await admin.call('POST', `${path}/actions/publish`, [200])).json.release
  }
  const announced = await attached('1.0.0')
  await admin.call('POST', `/apps/notes/releases/${announced.id}/actions/announce`, [200])
  await admin.call('POST', '/apps/notes/channels/stable/actions/promote', [200], {
    headers: { 'If-None-Match': '*' },
    body: { release: '1.0.0' },
  })
  const shown = await attached('1.1.0')
  const { preview } = (
    await admin.call('POST', '/previews', [201], { body: { app: 'notes', release: shown.id, expiresInDays: 1 } })
  ).json
  const branch = '<img src=x onerror=1>'
  for (const [i, name] of BRANCH_NAMES.entries()) {
    const slot = BRANCH_SLOTS[i]
    const uploadId = await admin.upload(name, Uint8Array.from(files[name]!))
    const path = `/apps/notes/branches/${encodeURIComponent(branch)}/slots/${slot}`
    await admin.call('PUT', path, [201], { body: { uploadId } })
  }
  return {
    folders: {
      release: '/notes/releases/1.0.0',
      channel: '/notes/stable',
      latest: '/notes/latest',
      set: new URL(shown.setUrl).pathname,
      preview: new URL(preview.url).pathname,
      branch: `/notes/branches/${encodeURIComponent(branch)}`,
    },
    names: Object.keys(files),
  }
}

/** Every file at its release; elsewhere those that differ most, since they are served by the same code. */
function namesIn(kind: string, { names }: Published): readonly string[] {
  return kind === 'release' ? names : BRANCH_NAMES
}

/** Everything that a page can make of an address. */
function uses(url: string): string {
  return [
    `<iframe src="${url}"></iframe>`,
    `<iframe sandbox="allow-scripts allow-same-origin" src="${url}"></iframe>`,
    `<img src="${url}">`,
    `<object data="${url}"></object>`,
    `<object data="${url}" type="text/html"></object>`,
    `<embed src="${url}" type="image/svg+xml">`,
    `<script src="${url}"></script>`,
    `<script type="module" src="${url}"></script>`,
    `<link rel="stylesheet" href="${url}">`,
    `<svg><use href="${url}#x"/><image href="${url}"/></svg>`,
    `<video src="${url}"></video>`,
  ].join('')
}

/** What a script of a page of the server itself makes of a file. @returns what it could not do, by what it tried */
function tryAsScript(page: Page, url: string): Promise<Record<string, string>> {
  return page.evaluate(async (url) => {
    const outcome = (work: () => unknown) =>
      new Promise((resolve) => resolve(work())).then(
        () => 'done',
        (error: unknown) => (error as Error).name,
      )
    const loaded = (element: HTMLElement) =>
      new Promise((resolve, reject) => {
        element.onload = resolve
        element.onerror = () => reject(new TypeError('not loaded'))
        document.body.append(element)
      })
    const worker = () =>
      new Promise((_, reject) => {
        new Worker(url).onerror = () => reject(new TypeError('no worker'))
      })
    return {
      serviceWorker: await outcome(() => navigator.serviceWorker.register(url)),
      module: await outcome(() => import(url)),
      worker: await outcome(worker),
      script: await outcome(() => loaded(Object.assign(document.createElement('script'), { src: url }))),
      style: await outcome(() =>
        loaded(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: url })),
      ),
    }
  }, url)
}

/** Holds that nothing ran in the origin of the server so far. */
async function nothingRan(context: BrowserContext, site: TlsSite, at: string): Promise<void> {
  assert.deepEqual(canaryVisits(site), [], at)
  const page = await context.newPage()
  await page.goto(`${site.url}/login`)
  const kept = await page.evaluate(async () => ({
    ran: localStorage.getItem('ran'),
    cookie: document.cookie,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }))
  assert.deepEqual(kept, { ran: null, cookie: '', workers: 0 }, at)
  await page.close()
}

test(
  `files of releases on ${testRuntime} are downloads to a browser and run nothing, wherever and however they are opened`,
  {
    timeout: 300_000,
  },
  () =>
    withTlsSite(async (site) => {
      const admin = await firstAdmin(site.server)
      const published = await publishActive(admin, site)
      const { folders } = published

      await withVisitor(browser, async ({ context, page }) => {
        // What would tell does tell.
        site.answer('/control', `<script>${script(`${site.origin(OTHER)}${CONTROL}`)}</script>`)
        await page.goto(`${site.origin(OTHER)}/control`)
        await until('the canary sings', () => visitsOf(site).length > 0, 10_000)
        assert.equal(await page.title(), 'ran')

        for (const [kind, folder] of Object.entries(folders)) {
          const names = namesIn(kind, published)
          for (const name of names) {
            const url = `${site.url}${folder}/${encodeURIComponent(name)}`
            const downloading = page.waitForEvent('download')
            await page.goto(url).catch(() => undefined)
            const download = await downloading
            assert.equal(download.suggestedFilename(), name, url)
            await download.cancel()
          }
          await nothingRan(context, site, `opened: ${kind}`)

          site.answer(
            `/${kind}`,
            names.map((name) => uses(`${site.url}${folder}/${encodeURIComponent(name)}`)).join('\n'),
          )
          const embedding = await context.newPage()
          await embedding.goto(`${site.origin(OTHER)}/${kind}`, { waitUntil: 'load' })
          const frames = embedding.frames().filter((frame) => frame !== embedding.mainFrame())
          for (const frame of frames)
            assert.ok(!frame.url().startsWith(site.url), `${frame.url()} is no page in a frame`)
          await embedding.close()
          await nothingRan(context, site, `embedded: ${kind}`)
        }
      })

      // Pages of the server let scripts of the server run; files do not pass for them, with and without that policy.
      for (const bypassCSP of [false, true])
        await withVisitor(
          browser,
          async ({ context, page }) => {
            for (const [kind, folder] of Object.entries(folders)) {
              await page.goto(`${site.url}/notes`)
              for (const name of namesIn(kind, published).filter((name) =>
                /\.(?:js|mjs|gif|css|svg|html)$/.test(name),
              )) {
                const url = `${folder}/${encodeURIComponent(name)}`
                const outcomes = await tryAsScript(page, url)
                for (const [way, outcome] of Object.entries(outcomes))
                  assert.notEqual(outcome, 'done', `${url} as ${way}`)
                const head = await page.evaluate(async (url) => {
                  const { headers } = await fetch(url)
                  return ['content-disposition', 'x-content-type-options', 'content-security-policy'].map((field) =>
                    headers.get(field),
                  )
                }, url)
                assert.match(head[0] ?? '', /^attachment; /)
                assert.equal(head[1], 'nosniff')
                assert.match(head[2] ?? '', /^sandbox; default-src 'none'/)
              }
              await nothingRan(context, site, `by scripts: ${kind}`)
            }
          },
          { bypassCSP },
        )
    }),
)

/** A text that would run and call, were it taken for more than text. */
const hostileText = (canary: string) =>
  `"'><img src="${canary}" onerror="globalThis.ran=1"><script>globalThis.ran=1</script>&lt;b&gt;\${ran}{{ran}}`

/** Paths of pages on which the hostile text stands, of pages on which it does not, and of what is no page. */
async function publishHostile(
  admin: PublishClient,
  hostile: string,
): Promise<[path: string, kind: 'text' | 'page' | 'file'][]> {
  const name = [...hostile].slice(0, 90).join('')
  await admin.call('POST', '/apps', [201], {
    body: { slug: 'evil', name, summary: hostile, visibility: 'public', owner: name },
  })
  const signer = await buildSigner({ subject: [['2.5.4.3', hostile]] })
  const picture = buildPng({ width: 32, height: 32, filters: [0], pixel: () => [0, 128, 255, 255] })
  const { bytes } = await androidFile('1.0.0', 1, signer, {
    label: hostile,
    versionName: hostile,
    permissions: [hostile],
    // A picture that a page follows on.
    extra: [{ name: 'res/a.png', data: new Uint8Array([...picture, ...new TextEncoder().encode(hostile)]), method: 0 }],
  })
  const notes = `# ${hostile}\n\n${hostile}\n\n- [${hostile}](javascript:globalThis.ran=1)\n- \`${hostile}\`\n\n\`\`\`${hostile}\n${hostile}\n\`\`\`\n\n<svg onload="globalThis.ran=1">`
  const published = async (version: string) => {
    const { json: draft } = await admin.call('POST', '/apps/evil/releases', [201], {
      body: {
        version,
        notes,
        source: { branch: hostile, tag: name, url: `https://ci.example.com/?${encodeURI(hostile)}` },
      },
    })
    const path = `/apps/evil/releases/${draft.id}`
    for (const [fileName, file, platform] of [
      [`a'$(ran)&.apk`, bytes, 'android'],
      ["it's onerror=ran, &lt,.bin", new TextEncoder().encode(version), 'linux'],
    ] as const) {
      const uploadId = await admin.upload(fileName, Uint8Array.from(file))
      await admin.call('POST', `${path}/artifacts`, [201], { body: { uploadId, platform } })
    }
    const link = { platform: 'any', kind: 'web', url: `https://a.example.com/?${encodeURI(hostile)}` }
    await admin.call('POST', `${path}/links`, [201], { body: link })
    return (await admin.call('POST', `${path}/actions/publish`, [200])).json.release
  }
  const announced = async (version: string) => {
    const releases = [{ app: 'evil', release: (await published(version)).id }]
    return (await admin.call('POST', '/announcements', [201], { body: { title: hostile, body: notes, releases } })).json
  }
  await announced('1.0.0')
  await admin.call('POST', '/apps/evil/releases/1.0.0/actions/yank', [200], { body: { reason: hostile } })
  await announced('1.1.0')
  await admin.call('POST', '/apps/evil/releases/1.1.0/actions/purge', [200], { body: { reason: hostile } })
  const announcement = await announced('1.2.0')
  await admin.call('POST', '/apps/evil/channels/stable/actions/promote', [200], {
    headers: { 'If-None-Match': '*' },
    body: { release: '1.2.0' },
  })
  const shown = await published('1.3.0')
  const pathOf = (url: string) => new URL(url).pathname
  const { preview } = (
    await admin.call('POST', '/previews', [201], { body: { app: 'evil', release: shown.id, expiresInDays: 1 } })
  ).json
  const branch = `<img src=x onerror="globalThis.ran=1">`
  const uploadId = await admin.upload('a.apk', bytes)
  const slot = `/apps/evil/branches/${encodeURIComponent(branch)}/slots/android-any`
  await admin.call('PUT', slot, [201], { body: { uploadId } })
  const { json: share } = await admin.call('POST', '/shares', [201], {
    body: { app: 'evil', channel: 'stable', label: name },
  })
  const inPath = encodeURIComponent(hostile)
  return [
    ['/', 'text'],
    ['/evil', 'text'],
    ['/evil/stable', 'text'],
    ['/evil/latest', 'text'],
    ['/evil/latest?notes=all', 'text'],
    ['/evil/latest?platform=ios', 'text'],
    [`/evil/latest?udid=${inPath.slice(0, 60)}&file=${encodeURIComponent(hostile.slice(0, 100))}`, 'text'],
    ['/evil/releases', 'text'],
    ['/evil/releases/1.2.0', 'text'],
    ['/evil/releases/1.0.0', 'text'],
    ['/evil/releases/1.1.0', 'text'],
    [pathOf(shown.setUrl), 'text'],
    [pathOf(preview.url), 'text'],
    ['/evil/branches', 'text'],
    [`/evil/branches/${encodeURIComponent(branch)}`, 'text'],
    ['/evil/announcements', 'text'],
    [pathOf(announcement.url), 'text'],
    [`${pathOf(announcement.url)}?notes=all`, 'text'],
    [pathOf(share.url), 'text'],
    [`/evil/releases/1.2.0/${inPath}`, 'page'],
    [`/evil/${inPath}`, 'page'],
    [`/${inPath}`, 'page'],
    [`/evil/latest?platform=${inPath}`, 'page'],
    [`/login?next=/${inPath}`, 'page'],
    ['/evil/icon.png', 'file'],
    ['/evil/latest/icon.png', 'file'],
    [`/evil/branches/${encodeURIComponent(branch)}/icon.png`, 'file'],
    ['/evil/qr.svg', 'file'],
    ['/evil/latest/qr.svg', 'file'],
    ['/evil/announcements.atom', 'file'],
    ['/evil/latest/install.sh', 'file'],
  ]
}

test(
  `texts of publishers are texts on every page of distd on ${testRuntime}, and nothing in them runs or loads`,
  {
    timeout: 300_000,
  },
  () =>
    withTlsSite(async (site) => {
      const admin = await firstAdmin(site.server)
      const hostile = hostileText(`${site.origin(OTHER)}${CANARY}/text`)
      const pages = await publishHostile(admin, hostile)
      for (const javaScriptEnabled of [true, false])
        await withVisitor(
          browser,
          async ({ page, complaints }) => {
            for (const [path, kind] of pages) {
              await page.goto(site.url + path, { waitUntil: 'load' }).catch((error) => {
                if (!/Download is starting/.test(String(error))) throw error
              })
              if (kind === 'text') {
                const text = await page.locator('body').textContent()
                assert.ok(text?.includes('onerror="globalThis.ran=1"'), `${path} shows it`)
                const strays = page.locator(
                  'img[src*=canary], script:not([src^="/assets/"]), [onerror], [onload], svg[onload], b:has-text("ran")',
                )
                assert.equal(await strays.count(), 0, path)
              }
              const urls = await page
                .locator('[href], [src], [action]')
                .evaluateAll((elements) =>
                  elements.flatMap((element) =>
                    ['href', 'src', 'action']
                      .map((name) => element.getAttribute(name))
                      .filter((value) => value !== null),
                  ),
                )
              for (const url of urls) assert.match(url, /^(?:\/(?!\/)|\?|#|https?:\/\/)/, path)
              if (javaScriptEnabled) {
                assert.equal(await page.evaluate(() => (globalThis as { ran?: number }).ran), undefined, path)
              }
              // A browser shows a file with styles and scripts of its own, which are forbidden too.
              if (kind === 'file') complaints.length = 0
              assert.deepEqual(complaints, [], path)
              assert.deepEqual(canaryVisits(site), [], path)
            }
          },
          { javaScriptEnabled },
        )
    }),
)
