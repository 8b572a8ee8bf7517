import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { LAYOUT } from '../src/blob/layout.ts'
import { run, toolEnv } from './process.ts'
import { ROOT } from './source-files.ts'

/**
 * From source to a served release, with nothing faked: builds both binaries, starts `distd`, publishes a real Android
 * app and an archive through `dist ci publish`, promotes it, downloads it by channel and compares the bytes; shares a
 * private release by link, and shows the link that makes the first admin. Serves until Ctrl-C, or ends after the proof
 * with `--once`. Running it again finds its releases and goes on.
 */
const { values } = parseArgs({
  options: {
    once: { type: 'boolean' },
    port: { type: 'string', default: '0' },
    data: { type: 'string', default: join(ROOT, 'build/quickstart/data') },
  },
})
const DISTD = join(ROOT, 'build/distd')
const DIST = join(ROOT, 'build/dist')
const FOLDER = join(ROOT, 'build/quickstart')
const APK = join(ROOT, 'node_modules/io.appium.settings/apks/settings_apk-debug.apk')
const APP = 'appium-settings'
/** The same archive where nobody sees it without a right. */
const PRIVATE_APP = 'appium-settings-private'

interface Published {
  readonly created: boolean
  readonly release: { readonly ref: string; readonly url: string }
  readonly artifacts: readonly { readonly fileName: string; readonly url: string; readonly digest: string }[]
  readonly channel: { readonly installUrl: string } | null
}

say('building build/distd and build/dist')
const built = await run(['node', 'scripts/build.ts'])
if (built.code !== 0) throw new Error(`Cannot build\n${built.output}`)

say(`starting build/distd on ${values.data}`)
mkdirSync(FOLDER, { recursive: true })
const { server, url } = await startServer()
const ended = new Promise<number>((resolve) => server.once('exit', (code) => resolve(code ?? 1)))
try {
  await prove()
  if (values.once !== true) {
    say('serving until Ctrl-C')
    await ended
  }
} finally {
  if (server.exitCode === null) server.kill('SIGTERM')
  const code = await ended
  if (code !== 0) {
    console.error(`distd ended with ${code}`)
    process.exitCode = 1
  }
}

async function prove(): Promise<void> {
  const token = createToken()
  const files = prepareRelease()
  const dist = (...args: readonly string[]) =>
    execFileSync(DIST, args, {
      cwd: FOLDER,
      env: toolEnv({ DIST_SERVER: url, DIST_TOKEN: token }),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })

  say('dist ci publish --manifest dist.json --json')
  const published = JSON.parse(dist('ci', 'publish', '--manifest', 'dist.json', '--json')) as Published
  const { ref } = published.release
  say(published.created ? `published ${APP} ${ref}` : `${APP} ${ref} was published before; nothing changed`)

  say(`dist channel promote ${APP} stable ${ref}`)
  dist('channel', 'promote', APP, 'stable', ref, '--reason', 'quickstart', '--json')

  for (const file of files) {
    const name = basename(file)
    const copy = join(FOLDER, `downloaded-${name}`)
    rmSync(copy, { force: true })
    dist('download', `${APP}@stable`, '--file', name, '--output', copy, '--json')
    const response = await fetch(`${url}/${APP}/stable/${name}`)
    const overHttp = sha256(new Uint8Array(await response.arrayBuffer()))
    const expected = sha256(readFileSync(file))
    if (sha256(readFileSync(copy)) !== expected || overHttp !== expected) {
      throw new Error(`Cannot trust ${name}: what came back by channel "stable" is not what was published`)
    }
    say(`${name}: sha256 ${expected} as published`)
  }

  say('dist ci publish --manifest dist-private.json --json')
  const hidden = JSON.parse(dist('ci', 'publish', '--manifest', 'dist-private.json', '--json')) as Published
  const target = `${PRIVATE_APP}@${hidden.release.ref}`
  say(`dist share create ${target} --for "a friend" --json`)
  const shared = JSON.parse(dist('share', 'create', target, '--for', 'a friend', '--json')) as { url: string }
  await proveShare(shared.url, hidden)
  const setupLink = await proveSetup()

  const [first] = published.artifacts
  console.log(`
  app       ${url}/${APP}
  channel   ${url}/${APP}/stable
  release   ${published.release.url}
  file      ${first?.url ?? ''}
  API       ${url}/api/v1/openapi.json
  share     ${shared.url}
            opens a private release for whoever has the link
  data      ${values.data}

${setupLink === undefined ? `  sign in   ${url}/login` : `  Begin here: this makes you the first admin, once, within 30 minutes\n\n  ${setupLink}`}
`)
}

/** A release that is hidden from strangers opens for a browser with the link, and its bytes are those published. */
async function proveShare(link: string, { release, artifacts }: Published): Promise<void> {
  const stranger = await fetch(release.url)
  if (stranger.status !== 404) throw new Error(`Cannot share: ${release.url} is answered with ${stranger.status}`)
  const opened = await fetch(link, { redirect: 'manual' })
  const cookie = opened.headers.getSetCookie().map((text) => text.split(';')[0]!)
  const headers = { cookie: cookie.join('; ') }
  const page = await fetch(opened.headers.get('location') ?? link, { headers })
  if (page.status !== 200 || page.url !== release.url) {
    throw new Error(`Cannot share: the link leads to ${page.url}, which is answered with ${page.status}`)
  }
  for (const { url, digest, fileName } of artifacts) {
    const answer = await fetch(url, { headers })
    const found = `sha256:${sha256(new Uint8Array(await answer.arrayBuffer()))}`
    if (found !== digest) throw new Error(`Cannot share ${fileName}: ${url} is answered with ${answer.status}`)
  }
  say('the link opens the private release, and strangers get 404')
}

/** The link to the first admin from its file, as whoever runs the server finds it; undefined when there is an admin. */
async function proveSetup(): Promise<string | undefined> {
  const path = join(values.data, LAYOUT.setupLink)
  if (!existsSync(path)) return undefined
  const link = readFileSync(path, 'utf8').trim()
  const page = await fetch(link)
  if (page.status !== 200 || !(await page.text()).includes('type="password"')) {
    throw new Error(`Cannot set up: the page of the setup link is answered with ${page.status}`)
  }
  say('the setup page answers')
  return link
}

function startServer(): Promise<{ server: ChildProcess; url: string }> {
  const child = spawn(DISTD, ['serve', '--data', values.data, '--listen', `127.0.0.1:${values.port}`], {
    env: toolEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // No terminal for it: the setup link is shown once, at the end.
  child.stderr.pipe(process.stderr)
  const { promise, resolve, reject } = Promise.withResolvers<{ server: ChildProcess; url: string }>()
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    const found = /"url":"(http:[^"]+)"/.exec(text)?.[1]
    if (found !== undefined) resolve({ server: child, url: found })
  })
  child.once('error', reject)
  child.once('exit', (code) => reject(new Error(`Cannot start distd: it ended with ${code}\n${text}`)))
  // The terminal's Ctrl-C reaches the server too; this program waits for it.
  process.on('SIGINT', () => child.kill('SIGTERM'))
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return promise
}

/** What CI would have in its secrets; the command works beside the running server. */
function createToken(): string {
  const args = [
    'token',
    'create',
    '--name',
    'quickstart',
    '--allow',
    'publish,promote',
    '--app',
    `${APP},${PRIVATE_APP}`,
    '--expires',
    '1d',
    '--json',
  ]
  const text = execFileSync(DISTD, [...args, '--data', values.data], { env: toolEnv(), encoding: 'utf8' })
  const { secret } = JSON.parse(text) as { secret: string }
  say('distd token create --allow publish,promote')
  return secret
}

/** Lays out what a build would have made: an APK, a tarball, and the dist.json that describes them. */
function prepareRelease(): string[] {
  const source = join(ROOT, 'node_modules/io.appium.settings')
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string }
  const apk = join(FOLDER, 'settings.apk')
  const archive = join(FOLDER, 'settings-docs.tar.gz')
  copyFileSync(APK, apk)
  // The same bytes each time, so that a second run is the same release.
  const fixed = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--mode=0644']
  execFileSync('tar', [...fixed, '-I', 'gzip -n', '-cf', archive, '-C', source, 'README.md', 'LICENSE', 'NOTICE.txt'])
  const manifest = {
    schema: 1,
    app: APP,
    name: 'Appium Settings',
    visibility: 'public',
    version,
    notes: 'Published by the quickstart.',
    channel: 'beta',
    artifacts: [{ path: 'settings.apk' }, { path: 'settings-docs.tar.gz', platform: 'any', arch: 'any' }],
    announce: true,
  }
  const { channel: _channel, ...unmoved } = manifest
  const hidden = {
    ...unmoved,
    app: PRIVATE_APP,
    name: 'Appium Settings, private',
    visibility: 'private',
    artifacts: manifest.artifacts.slice(1),
  }
  for (const [name, content] of Object.entries({ 'dist.json': manifest, 'dist-private.json': hidden }))
    writeFileSync(join(FOLDER, name), `${JSON.stringify(content, null, 2)}\n`)
  return [apk, archive]
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function say(text: string): void {
  console.log(`quickstart: ${text}`)
}
