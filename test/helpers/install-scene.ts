import { buildSigner } from '../fixtures/build-certificate.ts'
import {
  androidFile,
  androidSigners,
  filesForAll,
  type InstallFile,
  iosFile,
  linuxFiles,
  plainFile,
} from './install-files.ts'
import { digestOf, type PublishClient } from './publish-client.ts'

/** Paths of pages, each named by what it shows. */
export interface InstallPages {
  readonly home: string
  /** App `notes`, which everybody sees: files for every platform, links, two releases on `stable`. */
  readonly app: string
  readonly stable: string
  readonly latest: string
  readonly release: string
  /** Held by `stable` before. */
  readonly before: string
  /** A prerelease whose package is signed by another signer than the one before it. */
  readonly beta: string
  readonly prerelease: string
  readonly yanked: string
  readonly purged: string
  /** Of a release that is not announced. */
  readonly set: string
  readonly preview: string
  readonly previewExpired: string
  readonly branches: string
  readonly branch: string
  /** It ends some day. */
  readonly branchExpiring: string
  readonly announcements: string
  readonly announcement: string
  /** App `empty`, without a release. */
  readonly empty: string
  readonly emptyChannel: string
  /** App `linux-only`. */
  readonly linuxOnly: string
  /** App `plain-ipa`: an IPA for signed-in people, and nothing else. */
  readonly plainIpa: string
  /** App `hostile`: names, notes and files that try to run something. */
  readonly hostile: string
  /** App `hidden`, unlisted. */
  readonly hidden: string
  readonly notFound: string
}

export interface InstallScene {
  readonly pages: InstallPages
  /** App `secret`, private: 404 to strangers. */
  readonly secret: { readonly app: string; readonly channel: string; readonly release: string }
  /** Share links to the channel and the release of `secret`. */
  readonly shares: { readonly channel: string; readonly release: string }
  /** What `/notes/stable` holds, with what was read from the bytes. */
  // biome-ignore lint/suspicious/noExplicitAny: as the API shows it
  readonly stable: any
  readonly files: readonly InstallFile[]
  readonly links: typeof LINKS
}

export const LINKS = [
  { platform: 'ios', kind: 'testflight', url: 'https://testflight.apple.com/join/AbCd1234' },
  { platform: 'android', kind: 'play', url: 'https://play.google.com/store/apps/details?id=com.example.notes' },
  { platform: 'any', kind: 'web', url: 'https://notes.example.com/app' },
] as const

export const NOTES = `## What is new

Notes **sync** again, also _offline_. See [the guide](https://notes.example.com/guide?from=release&v=1.4.0).

- Folders can be nested
- [x] Search finds titles

| Key | Does |
|-----|------|
| \`Ctrl+K\` | searches |
| \`Ctrl+N\` | makes a note |

\`\`\`sh
notes --import ~/old-notes --keep-going --with-a-very-long-option=that-does-not-fit-on-any-phone-whatsoever
\`\`\`

> Back up before you update.
`

export const YANK_REASON = 'Loses drafts when the phone is offline'
export const PURGE_REASON = 'Held a key of the build server'

/** Every text of it would run something, were it taken for more than text. */
export const HOSTILE = `<img src=x onerror=globalThis.ran=1>"'&\${globalThis.ran=1}`

const HOSTILE_NOTES = `${HOSTILE}

<script>globalThis.ran=1</script>

[press](javascript:globalThis.ran=1) [data](data:text/html,<script>globalThis.ran=1</script>)

![picture](https://evil.example.com/track.png)

<a href="https://evil.example.com" onclick="globalThis.ran=1">raw</a>

${'W'.repeat(300)}
`

const RUNS = '<script>globalThis.ran=1;opener&&(opener.ran=1)</script>'
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" onload="globalThis.ran=1">${RUNS}</svg>`

/** Long words, quotes, and what shells take for commands. */
async function hostileFiles(): Promise<readonly InstallFile[]> {
  const signer = await buildSigner({ subject: [['2.5.4.3', HOSTILE]] })
  const { bytes } = await androidFile('1.0.0', 1, signer, { label: HOSTILE, permissions: [HOSTILE], debuggable: true })
  return [
    { fileName: `a'$(touch ran)\`touch ran\`&.apk`, bytes, declared: { platform: 'android' } },
    plainFile('page.html', `<!doctype html>${RUNS}`, { platform: 'any' }),
    plainFile('picture.svg', SVG, { platform: 'any' }),
    plainFile(`${'W'.repeat(190)}.deb.x`, 'x', { platform: 'linux', arch: 'x64' }),
  ]
}

interface ReleaseInput {
  readonly version: string
  readonly files?: readonly InstallFile[]
  readonly links?: readonly object[]
  readonly announce?: boolean
  readonly more?: object
}

/** A release as the API shows it, announced unless it is not to be. */
// biome-ignore lint/suspicious/noExplicitAny: as the API answers
async function publish(client: PublishClient, app: string, input: ReleaseInput): Promise<any> {
  const { version, files = [], links = [], announce = true, more } = input
  const { json: draft } = await client.call('POST', `/apps/${app}/releases`, [201], { body: { version, ...more } })
  const path = `/apps/${app}/releases/${draft.id}`
  for (const { fileName, bytes, declared } of files) {
    const uploadId = await client.upload(fileName, bytes)
    await client.call('POST', `${path}/artifacts`, [201], { body: { uploadId, ...declared } })
  }
  for (const body of links) await client.call('POST', `${path}/links`, [201], { body })
  const sealed = (await client.call('POST', `${path}/actions/publish`, [200])).json.release
  return announce ? (await client.call('POST', `${path}/actions/announce`, [200])).json : sealed
}

async function promote(client: PublishClient, app: string, channel: string, release: string): Promise<void> {
  const path = `/apps/${app}/channels/${channel}`
  const etag = (await client.call('GET', path, [200, 404])).headers.get('etag')
  const headers: Record<string, string> = etag === null ? { 'If-None-Match': '*' } : { 'If-Match': etag }
  await client.call('POST', `${path}/actions/promote`, [200], { headers, body: { release } })
}

const SECOND_IN_DAYS = 1 / 86_400

const pathOf = (url: string) => new URL(url).pathname

/**
 * Publishes, through the API and with real files, apps that have a page of every kind.
 * @param client of who may do everything
 */
export async function installScene(client: PublishClient): Promise<InstallScene> {
  const apps: [slug: string, visibility: string, more?: object][] = [
    ['notes', 'public', { name: 'Acme Notes', summary: 'Notes that stay on your own server' }],
    ['sync', 'public', { name: 'Acme Sync' }],
    ['secret', 'private', { name: 'Acme Secret' }],
    ['hidden', 'unlisted', { name: 'Acme Hidden' }],
    ['empty', 'public', { name: 'Acme Empty' }],
    ['linux-only', 'public', { name: 'Acme Terminal' }],
    ['plain-ipa', 'public', { name: 'Acme Field' }],
    ['hostile', 'public', { name: HOSTILE, summary: HOSTILE }],
  ]
  for (const [slug, visibility, more] of apps)
    await client.call('POST', '/apps', [201], { body: { slug, visibility, ...more } })

  const expired = await publish(client, 'notes', {
    version: '9.9.8',
    files: [plainFile('notes.txt', 'expired', { platform: 'linux', arch: 'x64' })],
    announce: false,
  })
  const previewExpired = await preview(client, expired.id, SECOND_IN_DAYS)

  const files = await filesForAll()
  const stable = await notesReleases(client, files)
  await publish(client, 'linux-only', { version: '1.4.0', files: linuxFiles() })
  const plain = await iosFile('Field.ipa', '1.4.0', 'development')
  await publish(client, 'plain-ipa', { version: '1.4.0', files: [plain] })
  await publish(client, 'hostile', {
    version: '1.0.0',
    files: await hostileFiles(),
    links: [{ platform: 'any', kind: 'web', url: `https://example.com/?q=${encodeURIComponent(HOSTILE)}` }],
    more: { notes: HOSTILE_NOTES, source: { branch: HOSTILE } },
  })
  await publish(client, 'hidden', { version: '1.4.0', files: [await androidFile('1.4.0', 1040)] })

  const secretFiles = [await androidFile('1.4.0', 1040), await iosFile('Notes.ipa', '1.4.0', 'ad-hoc'), ...linuxFiles()]
  await publish(client, 'secret', { version: '1.4.0', files: secretFiles, more: { notes: NOTES } })
  await promote(client, 'secret', 'stable', '1.4.0')

  const shown = await publish(client, 'notes', {
    version: '1.5.0',
    files: [await androidFile('1.5.0', 1050), ...linuxFiles()],
    announce: false,
    more: { notes: NOTES },
  })
  const set = pathOf(shown.setUrl)
  return {
    pages: {
      home: '/',
      app: '/notes',
      stable: '/notes/stable',
      latest: '/notes/latest',
      release: '/notes/releases/1.4.0',
      before: '/notes/releases/1.3.0',
      beta: '/notes/beta',
      prerelease: '/notes/releases/2.0.0-beta.1',
      yanked: '/notes/releases/1.2.0',
      purged: '/notes/releases/0.9.0',
      set,
      preview: await preview(client, shown.id, 14),
      previewExpired,
      ...(await branchBuilds(client)),
      ...(await announcements(client)),
      empty: '/empty',
      emptyChannel: '/empty/stable',
      linuxOnly: '/linux-only/latest',
      plainIpa: '/plain-ipa/latest',
      hostile: '/hostile/latest',
      hidden: '/hidden/latest',
      notFound: '/nothing-here',
    },
    secret: { app: '/secret', channel: '/secret/stable', release: '/secret/releases/1.4.0' },
    shares: {
      channel: await share(client, { channel: 'stable' }),
      release: await share(client, { release: '1.4.0' }),
    },
    stable,
    files,
    links: LINKS,
  }
}

/** What `notes` released. @returns what `stable` holds */
async function notesReleases(client: PublishClient, files: readonly InstallFile[]) {
  const [first, second] = androidSigners
  const gone = [plainFile('notes.bin', 'purged', { platform: 'linux', arch: 'x64' })]
  await publish(client, 'notes', { version: '0.9.0', files: gone })
  await client.call('POST', '/apps/notes/releases/0.9.0/actions/purge', [200], { body: { reason: PURGE_REASON } })
  await publish(client, 'notes', { version: '1.2.0', files: [await androidFile('1.2.0', 1020), ...linuxFiles()] })
  await client.call('POST', '/apps/notes/releases/1.2.0/actions/yank', [200], { body: { reason: YANK_REASON } })
  await publish(client, 'notes', { version: '1.3.0', files: [await androidFile('1.3.0', 1030, first)] })
  await client.call('PATCH', '/apps/notes/channels/beta', [200], { body: { policy: { allowPrerelease: true } } })
  for (const channel of ['stable', 'beta']) await promote(client, 'notes', channel, '1.3.0')
  const source = { commit: '0123456789abcdef0123456789abcdef01234567', branch: 'main', tag: 'v1.4.0' }
  const stable = await publish(client, 'notes', {
    version: '1.4.0',
    files,
    links: LINKS,
    more: { notes: NOTES, source: { ...source, url: 'https://ci.example.com/builds/1040' } },
  })
  await promote(client, 'notes', 'stable', '1.4.0')
  const other = [await androidFile('2.0.0-beta.1', 2000, second)]
  await publish(client, 'notes', { version: '2.0.0-beta.1', files: other })
  await promote(client, 'notes', 'beta', '2.0.0-beta.1')
  return stable
}

async function preview(client: PublishClient, release: string, expiresInDays: number): Promise<string> {
  const asked = { body: { app: 'notes', release, expiresInDays } }
  return pathOf((await client.call('POST', '/previews', [201], asked)).json.preview.url)
}

async function share(client: PublishClient, target: object): Promise<string> {
  const asked = { body: { app: 'secret', label: 'Grace', ...target } }
  return pathOf((await client.call('POST', '/shares', [201], asked)).json.url)
}

async function branchBuilds(client: PublishClient) {
  const { bytes } = await androidFile('1.5.0', 1051)
  const pushes: [branch: string, slot: string, fileName: string, bytes: Uint8Array<ArrayBuffer>, more: object][] = [
    ['feature/search', 'android-any', 'notes.apk', bytes, {}],
    ['feature/search', 'linux-x64', 'notes-linux-x64.tar.gz', linuxFiles()[3]!.bytes, {}],
    [
      'fix',
      'linux-arm64',
      'notes-linux-arm64.tar.gz',
      linuxFiles()[4]!.bytes,
      { expiresInDays: 7, category: 'application' },
    ],
  ]
  for (const [branch, slot, fileName, bytes, more] of pushes) {
    const uploadId = await client.upload(fileName, bytes)
    const path = `/apps/notes/branches/${encodeURIComponent(branch)}/slots/${slot}`
    await client.call('PUT', path, [201], { body: { uploadId, ...more } })
  }
  return {
    branches: '/notes/branches',
    branch: '/notes/branches/feature%2Fsearch',
    branchExpiring: '/notes/branches/fix',
  }
}

/** One text over releases of two apps, which are older than what `latest` is. */
async function announcements(client: PublishClient) {
  const made = [
    ['notes', '1.1.0'],
    ['sync', '2.0.0'],
  ] as const
  const releases: { app: string; release: string }[] = []
  for (const [app, version] of made) {
    const files = [plainFile(`${app}.bin`, app + version, { platform: 'linux', arch: 'x64' })]
    releases.push({ app, release: (await publish(client, app, { version, files, announce: false })).id })
  }
  const body = { title: 'Notes and Sync together', body: NOTES, releases }
  const { json } = await client.call('POST', '/announcements', [201], { body })
  return { announcements: '/notes/announcements', announcement: pathOf(json.url) }
}

/** The digest of a file as pages show it. */
export function shownDigest({ bytes }: InstallFile): string {
  return digestOf(bytes).slice('sha256:'.length)
}
