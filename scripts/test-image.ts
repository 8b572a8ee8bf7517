import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Outcome, run, toolEnv } from './process.ts'
import { ROOT } from './source-files.ts'
import { printSummary, runSteps } from './steps.ts'

/**
 * `npm run test:image`: builds the image on a base made of Debian packages alone and runs it as compose.yaml does, that
 * is read-only, without privileges, with nothing writable but /data. Needs Debian and root; installs buildah, podman
 * and runc when they are missing. Images, containers and volumes live in a folder of their own that goes at the end.
 */
const TOOLS = ['buildah', 'podman', 'runc']
/** What the binary needs from a system: `ldd` names libc6 only. */
const BASE_PACKAGES = ['libc6', 'ca-certificates', 'tzdata']
const USER_ID = 10001

const folder = mkdtempSync(join(tmpdir(), 'distd-image-'))
const storage = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs']
const port = await freePort()
const url = `http://127.0.0.1:${port}`
let secret = ''
const PASSWORD = 'nine blue walls of chalk'

try {
  const results = await runSteps(
    [
      { name: 'tools: buildah, podman, runc', run: installTools },
      { name: 'build/distd', run: () => run(['node', 'scripts/build.ts']) },
      { name: `base image of ${BASE_PACKAGES.join(', ')}`, run: checked(buildBase) },
      { name: 'image from the Dockerfile', run: checked(buildImage) },
      { name: 'starts read-only and without privileges, answers /healthz', run: checked(start) },
      { name: `runs as user ${USER_ID}`, run: checked(checkUser) },
      { name: 'cannot write outside /data', run: checked(checkReadOnly) },
      { name: 'makes a token beside the running server', run: checked(makeToken) },
      { name: 'keeps the setup link in a private file and out of its log', run: checked(checkSetupLink) },
      { name: 'makes the first admin by a command in the container', run: checked(makeAdmin) },
      { name: 'stops on SIGTERM with 0', run: checked(stop) },
      { name: 'data outlives the container', run: checked(checkData) },
      { name: 'stops again', run: checked(stop) },
    ],
    { isVerbose: process.argv.includes('--verbose') },
  )
  printSummary(results)
} finally {
  spawnSync('podman', [...storage, 'rm', '--force', '--all', '--time', '0'], { stdio: 'ignore' })
  spawnSync('podman', [...storage, 'volume', 'rm', '--force', '--all'], { stdio: 'ignore' })
  rmSync(folder, { recursive: true, force: true })
}

/** A step that fails by throwing. */
function checked(step: () => Promise<string> | string): () => Promise<Outcome> {
  return async () => {
    const start = performance.now()
    const output = await step()
    return { code: 0, output, ms: performance.now() - start }
  }
}

async function installTools(): Promise<Outcome> {
  const missing = TOOLS.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
  if (missing.length === 0) return { code: 0, output: 'there already', ms: 0 }
  const update = await run(['apt-get', 'update', '-qq'])
  if (update.code !== 0) return update
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  return run(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...TOOLS], { env })
}

function command(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', cwd: ROOT, env: toolEnv() })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
  return stdout
}

function podman(...args: readonly string[]): string {
  return command(
    'podman',
    ...storage,
    '--runtime',
    'runc',
    '--cgroup-manager',
    'cgroupfs',
    '--events-backend',
    'file',
    ...args,
  )
}

function buildah(tag: string, context: string, ...args: readonly string[]): string {
  return command(
    'buildah',
    ...storage,
    'bud',
    '--isolation',
    'chroot',
    '--format',
    'docker',
    '--tag',
    tag,
    ...args,
    context,
  )
}

function buildBase(): string {
  const base = join(folder, 'base')
  const root = join(base, 'root')
  const packages = join(folder, 'packages')
  for (const each of [root, packages]) mkdirSync(each, { recursive: true })
  // The user of apt's sandbox cannot write to a folder of ours.
  execFileSync('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', '-qq', ...BASE_PACKAGES], { cwd: packages })
  for (const file of readdirSync(packages)) command('dpkg-deb', '--extract', join(packages, file), root)
  // What update-ca-certificates would write; without a shell nobody runs it in the image.
  const authorities = join(root, 'usr/share/ca-certificates/mozilla')
  const bundle = readdirSync(authorities)
    .sort()
    .map((file) => readFileSync(join(authorities, file), 'utf8'))
  mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true })
  writeFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), bundle.join(''))
  for (const unused of ['usr/share/doc', 'usr/share/lintian'])
    rmSync(join(root, unused), { recursive: true, force: true })
  writeFileSync(join(base, 'Dockerfile'), 'FROM scratch\nCOPY root /\n')
  return buildah('localhost/distd-base', base)
}

function buildImage(): string {
  return buildah('localhost/distd', ROOT, '--build-arg', 'BASE=localhost/distd-base', '--pull=never')
}

async function start(): Promise<string> {
  const limits = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=10000:10000']
  const narrow = ['--read-only', '--read-only-tmpfs=false', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
  const where = ['--network', 'host', '--env', `DISTD_LISTEN=127.0.0.1:${port}`, '--volume', 'distd-data:/data']
  podman('run', '--detach', '--name', 'distd', ...limits, ...narrow, ...where, 'localhost/distd')
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined)
    if (answer?.status === 200) return await answer.text()
    await sleep(100)
  }
  throw new Error(`${url}/healthz does not answer\n${podman('logs', 'distd')}`)
}

function processId(): string {
  return podman('inspect', '--format', '{{.State.Pid}}', 'distd').trim()
}

function checkUser(): string {
  const line = /^Uid:.*$/m.exec(readFileSync(`/proc/${processId()}/status`, 'utf8'))?.[0] ?? ''
  const ids = line.split(/\s+/).slice(1)
  if (ids.length !== 4 || ids.some((id) => id !== String(USER_ID))) throw new Error(`runs as ${line}`)
  return line
}

/** Writes through the container's own view of its files, as root: what refuses is the mount, not a permission. */
function checkReadOnly(): string {
  const inside = `/proc/${processId()}/root`
  for (const place of ['', 'etc', 'usr/local/bin', 'tmp', 'var', 'home']) {
    const { status, stderr } = spawnSync('touch', [join(inside, place, 'written')], { encoding: 'utf8' })
    if (status === 0) throw new Error(`/${place} takes writes`)
    if (!/Read-only file system|No such file/.test(stderr)) throw new Error(stderr)
  }
  const { status, stderr } = spawnSync('touch', [join(inside, 'data', 'written')], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`/data does not take writes: ${stderr}`)
  rmSync(join(inside, 'data', 'written'))
  return 'refused everywhere but in /data'
}

function makeToken(): string {
  const args = ['token', 'create', '--name', 'image', '--allow', 'publish', '--json']
  const issued = JSON.parse(podman('exec', 'distd', '/usr/local/bin/distd', ...args)) as { secret: string }
  secret = issued.secret
  return 'made'
}

/** A file of the volume, as the container has it. */
function inData(path: string): string {
  return join('/proc', processId(), 'root', 'data', path)
}

function checkSetupLink(): string {
  const path = inData('config/setup-link')
  const mode = statSync(path).mode & 0o777
  if (mode !== 0o600) throw new Error(`the setup link has mode ${mode.toString(8)}`)
  const link = readFileSync(path, 'utf8').trim()
  const log = podman('logs', 'distd')
  if (!link.startsWith(`${url}/setup/distb_`)) throw new Error('the file holds no setup link')
  if (log.includes('distb_') || !log.includes('there is no admin yet'))
    throw new Error('the log tells too much or little')
  return 'private'
}

/** Without a shell in the image, and without a terminal: a link that sets the password, opened like a browser does. */
async function makeAdmin(): Promise<string> {
  const link = podman('exec', 'distd', 'distd', 'admin', 'create', '--name', 'ada').trim()
  if (!link.startsWith(`${url}/setup/`)) throw new Error('the command prints no link')
  const page = await fetch(link)
  if (page.status !== 200) throw new Error(`the link is answered with ${page.status}`)
  const set = await sendForm(link, { password: PASSWORD })
  if (set.status !== 303) throw new Error(`the password is answered with ${set.status}`)
  for (let tries = 0; existsSync(inData('config/setup-link')); tries++) {
    if (tries === 100) throw new Error('the setup link is still there')
    await sleep(100)
  }
  return 'made'
}

function sendForm(target: string, fields: Readonly<Record<string, string>>): Promise<Response> {
  const headers = { 'sec-fetch-site': 'same-origin' }
  return fetch(target, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' })
}

function stop(): string {
  podman('stop', '--time', '20', 'distd')
  const code = podman('inspect', '--format', '{{.State.ExitCode}}', 'distd').trim()
  if (code !== '0') throw new Error(`ended with ${code}\n${podman('logs', 'distd')}`)
  podman('rm', 'distd')
  return 'ended with 0'
}

async function checkData(): Promise<string> {
  await start()
  const answer = await fetch(`${url}/api/v1/apps`, { headers: { authorization: `Bearer ${secret}` } })
  const refused = await fetch(`${url}/api/v1/apps`, { headers: { authorization: `Bearer ${secret}x` } })
  if (answer.status !== 200) throw new Error(`the token of the first container is answered with ${answer.status}`)
  if (refused.status !== 401) throw new Error(`a wrong token is answered with ${refused.status}`)
  const signedIn = await sendForm(`${url}/login`, { name: 'ada', password: PASSWORD })
  if (signedIn.status !== 303) throw new Error(`the admin of the first container is answered with ${signedIn.status}`)
  if (existsSync(inData('config/setup-link'))) throw new Error('there is a setup link beside an admin')
  return 'token and admin of the first container are known to the second'
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      const number = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(number))
    })
  })
}
