import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { commandsOf, installersOf } from '../../src/install/commands/commands.ts'
import type { OfferedFile } from '../../src/install/offered.ts'
import { buildAppImage } from '../fixtures/build-appimage.ts'
import { buildTar, type TarEntry } from '../fixtures/tar-writer.ts'
import { needPrograms } from '../helpers/debian.ts'
import { digestOf, publishClient } from '../helpers/publish-client.ts'
import { createToken, start, startServer, type TestServer, testRuntime } from '../helpers/server.ts'

needPrograms({
  dash: 'dash',
  bash: 'bash',
  busybox: 'busybox',
  zsh: 'zsh',
  curl: 'curl',
  wget: 'wget',
  unzip: 'unzip',
  zip: 'zip',
  fakeroot: 'fakeroot',
  'dpkg-deb': 'dpkg',
  '/lib/ld-musl-x86_64.so.1': 'musl',
})

const ARCH = process.arch === 'arm64' ? 'arm64' : 'x64'
/** A real program, small and of this machine. */
const TRUE = new Uint8Array(readFileSync('/bin/true'))
const hello = (words: string) => `#!/bin/sh\necho ${words}\n`

let server: TestServer
let folder: string
let token: string

interface Sent {
  readonly name: string
  readonly bytes: Uint8Array | string
  readonly platform?: string
  readonly arch?: string
  readonly format?: string
  readonly variant?: string
}

async function publish(app: string, version: string, files: readonly Sent[], visibility = 'public'): Promise<void> {
  const client = publishClient(server.url, token)
  await client.call('POST', '/apps', [201, 409], { body: { slug: app, visibility } })
  const { json: draft } = await client.call('POST', `/apps/${app}/releases`, [200, 201], { body: { version } })
  const path = `/apps/${app}/releases/${draft.id}`
  for (const { name, bytes, platform = 'linux', ...rest } of files) {
    const uploadId = await client.upload(name, new Uint8Array(Buffer.from(bytes)))
    await client.call('POST', `${path}/artifacts`, [200, 201], { body: { uploadId, platform, ...rest } })
  }
  await client.call('POST', `${path}/actions/publish`, [200])
  await client.call('POST', `${path}/actions/announce`, [200])
}

const tarball = (entries: readonly TarEntry[]) => new Uint8Array(gzipSync(buildTar(entries)))

/** Archive of one folder with a program of two kinds, and what else lies in archives. */
const notesTar = (words: string) =>
  tarball([
    { name: 'notes-1.0/', type: '5', mode: 0o755 },
    { name: 'notes-1.0/README.md', data: 'read me', mode: 0o755 },
    { name: 'notes-1.0/notes', data: TRUE, mode: 0o755 },
    { name: 'notes-1.0/install.sh', data: hello('no'), mode: 0o755 },
    { name: 'notes-1.0/bin/', type: '5', mode: 0o755 },
    { name: 'notes-1.0/bin/notes-ctl', data: hello(words), mode: 0o755 },
    { name: 'notes-1.0/link', type: '2', linkName: '/bin/ls' },
  ])

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'distd-install-'))
  server = await startServer({ data: join(folder, 'data') })
  token = await createToken(server.data, '--allow', 'admin')
  await publish('notes', '1.0.0', [
    { name: 'notes.tar.gz', bytes: notesTar('one'), arch: ARCH },
    { name: 'notes.bin', bytes: 'windows', platform: 'windows', arch: 'x64' },
  ])
  await publish('secret', '1.0.0', [{ name: 'secret.tar.gz', bytes: notesTar('secret'), arch: ARCH }], 'private')
})
after(async () => {
  await server.kill()
  await rm(folder, { recursive: true, force: true })
})

const SHELLS = { dash: ['dash'], bash: ['bash'], 'busybox ash': ['busybox', 'ash'] } as const

/** A folder of programs to be the whole PATH. */
function tools(
  name: string,
  { only, without = [] }: { only?: readonly string[]; without?: readonly string[] },
): string {
  const path = join(folder, `tools-${name}`)
  if (existsSync(path)) return path
  mkdirSync(path)
  const all =
    `sh cat chmod cp cut find grep id mkdir mktemp mv od rm tr uname wc tar gzip xz bzip2 zstd unzip sha256sum shasum openssl perl
    getconf ldd curl wget dpkg`
      .split(/\s+/)
      .filter((one) => !without.includes(one))
  for (const one of only ?? all) {
    const real = execFileSync('sh', ['-c', 'command -v "$1" || :', 'sh', one], { encoding: 'utf8' }).trim()
    if (real !== '') symlinkSync(real, join(path, one))
  }
  return path
}

/** Applets of busybox for everything, with the curl of this machine or without. */
function busyboxTools(): string {
  const path = join(folder, 'tools-busybox')
  if (existsSync(path)) return path
  mkdirSync(path)
  for (const applet of execFileSync('busybox', ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean))
    symlinkSync('/usr/bin/busybox', join(path, applet))
  return path
}

let homes = 0

interface Ran {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
  readonly home: string
  /** Names below the home, with the folder that programs go to. */
  readonly files: string[]
}

async function install(
  script: string,
  options: {
    shell?: readonly string[]
    args?: readonly string[]
    path?: string
    env?: Record<string, string>
    home?: string
  } = {},
): Promise<Ran> {
  const home = options.home ?? join(folder, `home-${homes++}`)
  mkdirSync(join(home, 'tmp'), { recursive: true })
  const path = options.path ?? tools('all', {})
  const [shell = 'dash', ...flags] = options.shell ?? ['dash']
  const program = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', shell], { encoding: 'utf8' }).trim()
  const running = start([program, ...flags, '-s', '--', ...(options.args ?? [])], {
    input: script,
    cwd: home,
    env: { PATH: path, HOME: home, TMPDIR: join(home, 'tmp'), ...options.env },
  })
  const code = await running.ended
  const files = (readdirSync(home, { recursive: true }) as string[]).filter(
    (name) => !lstatSync(join(home, name)).isDirectory(),
  )
  return { code, stdout: running.stdout, stderr: running.stderr, home, files: files.sort() }
}

async function scriptOf(path: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(server.url + path, { headers })
  assert.equal(answer.status, 200)
  return answer.text()
}

const PROGRAMS = ['.local/bin/notes', '.local/bin/notes-ctl']

for (const [name, shell] of Object.entries(SHELLS)) {
  test(`install.sh of a channel or release of distd on ${testRuntime} installs the programs of a tarball in ${name}`, async () => {
    for (const path of ['/notes/latest/install.sh', '/notes/releases/1.0.0/install.sh']) {
      const script = await scriptOf(path)
      const dry = await install(script, { shell, args: ['--dry-run'] })
      assert.deepEqual([dry.code, dry.files, dry.stderr], [0, [], ''])
      assert.match(dry.stdout, /Would download http:\/\/.*\/notes\/releases\/1\.0\.0\/notes\.tar\.gz \(/)

      const ran = await install(script, { shell })
      assert.equal(ran.code, 0, ran.stderr)
      assert.deepEqual(ran.files, PROGRAMS)
      assert.deepEqual(readFileSync(join(ran.home, PROGRAMS[0]!)), Buffer.from(TRUE))
      assert.equal(statSync(join(ran.home, PROGRAMS[1]!)).mode & 0o7777, 0o755)
      assert.equal(
        ran.stderr,
        `${ran.home}/.local/bin is not on your PATH. Add it in the profile of your shell to run programs there by their names.\n`,
      )
      assert.equal(ran.stdout.split('\n').length, 3)

      const onPath = await install(script, {
        shell,
        path: `${ran.home}/.local/bin:${tools('all', {})}`,
        home: ran.home,
      })
      assert.deepEqual([onPath.code, onPath.stderr, onPath.files], [0, '', PROGRAMS])
    }
  })
}

test('install.sh works with curl alone, with wget alone, with busybox alone, and says when there is neither', async () => {
  const script = await scriptOf('/notes/latest/install.sh')
  for (const path of [
    tools('curl', { without: ['wget', 'sha256sum', 'openssl'] }),
    tools('wget', { without: ['curl', 'sha256sum', 'shasum'] }),
    busyboxTools(),
  ]) {
    const ran = await install(script, { path })
    assert.equal(ran.code, 0, ran.stderr)
    assert.deepEqual(ran.files, PROGRAMS)
  }
  const none = await install(script, { path: tools('none', { without: ['curl', 'wget'] }) })
  assert.deepEqual([none.code, none.files], [6, []])
  assert.match(none.stderr, /no curl/)
  const sums = await install(script, { path: tools('sums', { without: ['sha256sum', 'shasum', 'openssl'] }) })
  assert.deepEqual([sums.code, sums.files], [6, []])
})

/** Stands before the server and changes what it sends. */
async function meddler(change: (bytes: Buffer) => Buffer | 'cut'): Promise<{ url: string; server: Server }> {
  const proxy = createServer(async (request, response) => {
    const answer = await fetch(server.url + request.url)
    const bytes = Buffer.from(await answer.arrayBuffer())
    const changed = change(bytes)
    response.writeHead(answer.status, { 'Content-Length': bytes.length })
    if (changed === 'cut') {
      response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
    } else response.end(changed)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, server: proxy }
}

test('install.sh leaves nothing and keeps what was there where a byte is wrong, or the download breaks off', async () => {
  const script = await scriptOf('/notes/latest/install.sh')
  const flip = (bytes: Buffer) => {
    bytes[bytes.length >> 1]! ^= 0x10
    return bytes
  }
  for (const [change, code] of [
    [flip, 5],
    [() => 'cut' as const, 4],
  ] as const) {
    const proxy = await meddler(change)
    try {
      for (const path of [
        tools('curl', { without: ['wget', 'sha256sum', 'openssl'] }),
        tools('wget', { without: ['curl', 'sha256sum', 'shasum'] }),
      ]) {
        const home = join(folder, `home-${homes++}`)
        mkdirSync(join(home, '.local/bin'), { recursive: true })
        writeFileSync(join(home, '.local/bin/notes'), 'before')
        const ran = await install(script.replaceAll(server.url, proxy.url), { path, home, shell: ['busybox', 'ash'] })
        assert.equal(ran.code, code, ran.stderr)
        assert.deepEqual(ran.files, ['.local/bin/notes'])
        assert.equal(readFileSync(join(home, '.local/bin/notes'), 'utf8'), 'before')
      }
    } finally {
      proxy.server.closeAllConnections()
      proxy.server.close()
    }
  }
})

test('install.sh of a private app takes its token from the environment, and shows it to nobody', async () => {
  const reader = await createToken(server.data, '--allow', 'read')
  assert.equal((await fetch(`${server.url}/secret/latest/install.sh`)).status, 404)
  const script = await scriptOf('/secret/latest/install.sh', { Authorization: `Bearer ${reader}` })
  assert.ok(!script.includes(reader))
  // Passes on to the real one, and keeps what it was called with.
  const spied = (name: string) => {
    const path = tools(`spied-${name}`, { without: ['curl', 'wget'] })
    const log = join(folder, `${name}.log`)
    writeFileSync(join(path, name), `#!/bin/sh\nprintf '%s\\n' "$*" >>'${log}'\nexec /usr/bin/${name} "$@"\n`)
    chmodSync(join(path, name), 0o755)
    return { path, log }
  }
  for (const name of ['curl', 'wget']) {
    const { path, log } = spied(name)
    const ran = await install(script, { path, env: { DIST_TOKEN: reader } })
    assert.equal(ran.code, 0, ran.stderr)
    assert.deepEqual(ran.files, PROGRAMS)
    assert.ok(readFileSync(log, 'utf8').includes('/secret/releases/1.0.0/'))
    assert.ok(!readFileSync(log, 'utf8').includes(reader))
  }
  const without = await install(script)
  assert.deepEqual([without.code, without.files], [4, []])
  const strange = await install(script, { env: { DIST_TOKEN: 'x"\nurl = "file:///etc/passwd' } })
  assert.deepEqual([strange.code, strange.files], [2, []])
  const busybox = await install(script, { path: busyboxTools(), env: { DIST_TOKEN: reader } })
  assert.deepEqual([busybox.code, busybox.files], [6, []])
})

test('install.sh replaces a program by another one in one step, a link by a file, and no folder', async () => {
  const script = await scriptOf('/notes/latest/install.sh')
  const home = join(folder, `home-${homes++}`)
  const bin = join(home, 'my programs')
  mkdirSync(join(bin), { recursive: true })
  writeFileSync(join(home, 'elsewhere'), 'mine')
  symlinkSync(join(home, 'elsewhere'), join(bin, 'notes'))
  const env = { DIST_INSTALL_DIR: 'my programs' }
  const ran = await install(script, { home, env })
  assert.equal(ran.code, 0, ran.stderr)
  assert.equal(readFileSync(join(home, 'elsewhere'), 'utf8'), 'mine')
  assert.ok(lstatSync(join(bin, 'notes')).isFile())

  const other = join(folder, `home-${homes++}`)
  mkdirSync(join(other, '.local/bin/notes-ctl'), { recursive: true })
  const refused = await install(script, { home: other })
  assert.deepEqual([refused.code, refused.files], [6, []])
  // A file stands where the folder would.
  const blocked = join(folder, `home-${homes++}`)
  mkdirSync(blocked)
  writeFileSync(join(blocked, '.local'), '')
  const nowhere = await install(script, { home: blocked })
  assert.deepEqual([nowhere.code, nowhere.files], [6, ['.local']])
})

test('install.sh says what a program hides, whatever its caller has set, and in zsh too', async () => {
  const bytes = tarball([
    { name: 'ls', data: TRUE, mode: 0o777 },
    { name: 'notes', data: TRUE, mode: 0o777 },
  ])
  await publish('hides', '1.0.0', [{ name: 'hides.tar.gz', bytes, arch: ARCH }])
  const script = await scriptOf('/hides/latest/install.sh')
  const shells = [...Object.values(SHELLS), ['zsh'], ['bash', '-C'], ['bash', '-f'], ['dash', '-C', '-f']]
  for (const shell of shells) {
    const home = join(folder, `home-${homes++}`)
    const bin = join(home, '.local/bin')
    mkdirSync(join(home, 'my tmp'), { recursive: true })
    const path = `${bin}:${tools('all', {})}:/usr/bin`
    const ran = await install(`umask 000\n${script}`, { shell, home, path, env: { TMPDIR: join(home, 'my tmp') } })
    assert.deepEqual([ran.code, ran.files], [0, ['.local/bin/ls', '.local/bin/notes']], ran.stderr)
    assert.equal(ran.stderr, `${bin}/ls comes before /usr/bin/ls on your PATH\n`)
    assert.equal(statSync(bin).mode & 0o777, 0o755)
  }
})

test('install.sh takes nothing that lies outside of its archive, no link, and no program without its libraries', async () => {
  const outside = join(folder, 'outside')
  const cases: Record<string, readonly TarEntry[]> = {
    dots: [
      { name: '../escaped', data: 'x' },
      { name: 'notes', data: TRUE, mode: 0o755 },
    ],
    absolute: [
      { name: `${outside}`, data: 'x' },
      { name: 'notes', data: TRUE, mode: 0o755 },
    ],
    through: [
      { name: 'out', type: '2', linkName: folder },
      { name: 'out/outside', data: 'x' },
      { name: 'notes', data: TRUE, mode: 0o755 },
    ],
    links: [{ name: 'notes', type: '2', linkName: '/bin/ls' }],
    bin: [{ name: 'bin', type: '2', linkName: '/usr/bin' }],
    libraries: [
      { name: 'notes', data: TRUE, mode: 0o755 },
      { name: 'lib/libnotes.so.1', data: TRUE, mode: 0o755 },
    ],
    option: [{ name: '-rf', data: TRUE, mode: 0o755 }],
    'no programs': [{ name: 'README', data: 'x', mode: 0o755 }],
  }
  for (const [name, entries] of Object.entries(cases)) {
    const app = `bad-${name.replace(' ', '-')}`
    await publish(app, '1.0.0', [{ name: 'bad.tar.gz', bytes: tarball(entries), arch: ARCH, format: 'tar.gz' }])
    const script = await scriptOf(`/${app}/latest/install.sh`)
    for (const path of [tools('all', {}), busyboxTools()]) {
      const ran = await install(script, { path })
      // Some write the link last, and so beside nothing.
      const isSafe = name === 'through' && ran.code === 0
      if (!isSafe) assert.deepEqual([name, ran.code, ran.files], [name, 6, []], ran.stderr)
      assert.equal(existsSync(outside), false)
    }
  }
})

test('install.sh chooses by the C library, installs bare programs by their name, and asks where it cannot know', async () => {
  const glibc = { name: `tool-linux-${ARCH}`, bytes: TRUE, arch: ARCH }
  const musl = {
    name: `tool-linux-${ARCH}-musl.tar.gz`,
    bytes: tarball([{ name: 'tool', data: hello('musl'), mode: 0o755 }]),
    arch: ARCH,
    variant: 'musl',
  }
  await publish('tool', '1.0.0', [glibc, musl])
  const script = await scriptOf('/tool/latest/install.sh')
  const here = await install(script)
  assert.equal(here.code, 0, here.stderr)
  assert.deepEqual(readFileSync(join(here.home, '.local/bin/tool')), Buffer.from(TRUE))

  // The loader of musl says its name when it is called as ldd.
  const path = tools('musl', { without: ['getconf', 'ldd'] })
  if (!existsSync(join(path, 'ldd'))) symlinkSync('/lib/ld-musl-x86_64.so.1', join(path, 'ldd'))
  const there = await install(script, { path })
  assert.equal(there.code, 0, there.stderr)
  assert.equal(readFileSync(join(there.home, '.local/bin/tool'), 'utf8'), hello('musl'))
  const dry = await install(script, { path, args: ['--dry-run'] })
  assert.match(dry.stdout, /with musl\n/)

  await publish('two', '1.0.0', [
    { ...glibc, name: `one-linux-${ARCH}` },
    { ...glibc, name: `other-linux-${ARCH}` },
  ])
  const two = await scriptOf('/two/latest/install.sh')
  const unclear = await install(two)
  assert.deepEqual([unclear.code, unclear.files], [3, []])
  assert.ok(unclear.stderr.includes(`one-linux-${ARCH}`) && unclear.stderr.includes(`other-linux-${ARCH}`))
  const other = await install(two, { args: ['--file', `other-linux-${ARCH}`] })
  assert.deepEqual([other.code, other.files], [0, ['.local/bin/other']])
  const asked = await install(await scriptOf(`/two/latest/install.sh?file=one-linux-${ARCH}`))
  assert.deepEqual([asked.code, asked.files], [0, ['.local/bin/one']])
  assert.equal((await fetch(`${server.url}/two/latest/install.sh?file=none`)).status, 404)
})

/** A package of one file, made by dpkg. */
function debOf(): Uint8Array {
  const root = join(folder, 'deb-root')
  mkdirSync(join(root, 'DEBIAN'), { recursive: true })
  mkdirSync(join(root, 'usr/share/distd-sample'), { recursive: true })
  writeFileSync(join(root, 'usr/share/distd-sample/hello'), 'hello')
  const control = [
    'Package: distd-sample',
    'Version: 1.0',
    'Architecture: all',
    'Maintainer: A <a@b.test>',
    'Description: sample',
    '',
  ]
  writeFileSync(join(root, 'DEBIAN/control'), control.join('\n'))
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', root, join(folder, 'sample.deb')])
  return new Uint8Array(readFileSync(join(folder, 'sample.deb')))
}

/** PATH where dpkg works in a folder of its own, and sudo is fakeroot. */
function packageTools(root: string): string {
  const path = tools('packages', { without: ['dpkg', 'id'] })
  for (const part of ['updates', 'info']) mkdirSync(join(root, 'var/lib/dpkg', part), { recursive: true })
  for (const file of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', file), '')
  const programs = {
    dpkg: `PATH=/usr/sbin:/usr/bin:/sbin:/bin exec /usr/bin/dpkg --root='${root}' --log=/dev/null --force-not-root "$@"`,
    // The dpkg above comes first.
    sudo: `PATH='${path}':/usr/sbin:/usr/bin:/sbin:/bin exec /usr/bin/fakeroot "$@"`,
    id: 'echo 1000',
  }
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(path, name), `#!/bin/sh\n${line}\n`)
    chmodSync(join(path, name), 0o755)
  }
  return path
}

test('install.sh installs a Debian package with the package manager, as root by sudo', async () => {
  const bytes = debOf()
  await publish('packed', '1.0.0', [{ name: 'my notes.deb', bytes }])
  const root = join(folder, 'system')
  const ran = await install(await scriptOf('/packed/latest/install.sh'), { path: packageTools(root) })
  assert.equal(ran.code, 0, ran.stderr)
  assert.equal(readFileSync(join(root, 'usr/share/distd-sample/hello'), 'utf8'), 'hello')
  assert.deepEqual(ran.files, [])
  assert.equal(ran.stdout, 'Installed packed 1.0.0, with dpkg\n')
})

test('install.sh installs an AppImage as one program, a ZIP without modes, and the better one of several', async () => {
  const source = join(folder, 'zipped')
  mkdirSync(source)
  writeFileSync(join(source, 'zipped'), TRUE, { mode: 0o644 })
  execFileSync('zip', ['-q', '-X', join(folder, 'zipped.zip'), 'zipped'], { cwd: source })
  await publish('zipped', '1.0.0', [
    { name: 'zipped.zip', bytes: readFileSync(join(folder, 'zipped.zip')), arch: ARCH },
  ])
  for (const path of [tools('all', {}), busyboxTools()]) {
    const ran = await install(await scriptOf('/zipped/latest/install.sh'), { path })
    assert.deepEqual([ran.code, ran.files], [0, ['.local/bin/zipped']], ran.stderr)
  }
  await publish('desk', '2.0.0', [
    { name: 'desk-2.0.0-x86_64.AppImage', bytes: buildAppImage(), arch: ARCH, format: 'appimage' },
    { name: 'desk.deb', bytes: debOf(), format: 'deb' },
    { name: 'desk.tar.gz', bytes: notesTar('x'), arch: ARCH },
  ])
  const ran = await install(await scriptOf('/desk/latest/install.sh'))
  assert.deepEqual([ran.code, ran.files], [0, ['.local/bin/desk']], ran.stderr)
})

test('install.sh says what there is where nothing is for the machine', async () => {
  await publish('far', '1.0.0', [
    { name: 'far.tar.gz', bytes: tarball([{ name: 'far', data: hello('far') }]), arch: 'riscv64' },
  ])
  const far = await install(await scriptOf('/far/latest/install.sh'))
  assert.deepEqual([far.code, far.files], [3, []])
  assert.match(far.stderr, /no file for linux .*far\.tar\.gz/s)
})

test('the lines on a page fetch, check and unpack for real, with a token that no command line shows', async () => {
  const reader = await createToken(server.data, '--allow', 'read')
  const scene = { release: { version: '1.0.0', ref: '1.0.0' }, baseUrl: server.url, isByLink: false }
  for (const [slug, needsToken] of [
    ['notes', false],
    ['secret', true],
  ] as const) {
    const fileName = `${slug}.tar.gz`
    const bytes = notesTar(slug === 'notes' ? 'one' : slug)
    const file: OfferedFile = {
      fileName,
      platform: 'linux',
      arch: 'x64',
      format: 'tar.gz',
      sizeBytes: bytes.length,
      digest: digestOf(bytes),
      inspection: { format: 'tar.gz' },
      checks: [],
      url: `/${slug}/releases/1.0.0/${fileName}`,
    }
    const at = { ...scene, app: { slug, name: slug }, scripts: `/${slug}/latest`, needsToken }
    const env = { DIST_TOKEN: reader }
    for (const shell of Object.values(SHELLS)) {
      const [fetched] = commandsOf(file, at)
      const ran = await install(fetched!.text, { shell, env })
      assert.equal(ran.code, 0, ran.stderr)
      assert.ok(ran.files.includes('notes-1.0/notes'))
      const [wrong] = commandsOf({ ...file, digest: digestOf(new Uint8Array()) }, at)
      const refused = await install(wrong!.text, { shell, env })
      assert.notEqual(refused.code, 0)
      assert.deepEqual(refused.files, [fileName])

      const [piped] = installersOf([file], at)
      const installed = await install(piped!.text, { shell, env })
      assert.deepEqual([installed.code, installed.files], [0, PROGRAMS], installed.stderr)
      assert.ok(!`${fetched!.text}${piped!.text}`.includes(reader))
    }
  }
})
