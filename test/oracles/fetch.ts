import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { needPrograms } from '../helpers/debian.ts'
import { ORACLES_FOLDER, type Sample, WHOLE_ARCHIVE } from './sample-list.ts'
import { ask, told } from './tool.ts'

/** Puts samples where they belong: each archive is fetched once, its wanted members are unpacked, the archive goes. */
export async function fetchSources(missing: readonly Sample[]): Promise<void> {
  for (const [origin, samples] of Map.groupBy(missing, (sample) => sample.origin)) {
    const folder = join(ORACLES_FOLDER, 'fetched')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const archive = origin.startsWith('npm:')
      ? await fetchPackage(origin.slice('npm:'.length), folder)
      : await fetchUpstream(origin.slice('debian:'.length), folder)
    const members = samples.map((sample) => sample.path).filter((path) => path !== WHOLE_ARCHIVE)
    if (members.length > 0) await told('tar', ['--extract', '--file', archive, ...members], { cwd: folder })
    for (const sample of samples) {
      mkdirSync(dirname(sample.file), { recursive: true })
      renameSync(sample.path === WHOLE_ARCHIVE ? archive : join(folder, sample.path), sample.file)
    }
    rmSync(folder, { recursive: true })
  }
}

async function fetchPackage(spec: string, folder: string): Promise<string> {
  const { code, stderr } = await ask('npm', ['pack', '--silent', spec], { cwd: folder })
  if (code !== 0) throw new Error(`npm has no ${spec}\n${stderr}`)
  return onlyFile(folder)
}

/** The upstream archive alone: Debian's own additions hold no sample, and it is the same for all revisions. */
async function fetchUpstream(spec: string, folder: string): Promise<string> {
  needPrograms({ 'dpkg-source': 'dpkg-dev', xz: 'xz-utils' })
  const apt = await sourcesOfMachine()
  const [name, version] = spec.split('@') as [string, string]
  const get = (wanted: string) =>
    ask('apt-get', [...apt, 'source', '--download-only', '--tar-only', wanted], { cwd: folder })
  let outcome = await get(`${name}=${version}`)
  if (outcome.code !== 0) {
    console.warn(`The archive of Debian has no ${name} ${version} any more; the present one is taken`)
    outcome = await get(name)
  }
  if (outcome.code !== 0) throw new Error(`The archive of Debian has no source of ${name}\n${outcome.stderr}`)
  return onlyFile(folder)
}

function onlyFile(folder: string): string {
  const files = readdirSync(folder).filter((file) => !file.endsWith('.dsc'))
  if (files.length !== 1) throw new Error(`Fetching gave ${files.length} files instead of one: ${files.join(', ')}`)
  return join(folder, files[0]!)
}

/** Options of apt that make it read sources from where the machine has its packages, beside its own lists. */
let machineSources: Promise<string[]> | undefined
function sourcesOfMachine(): Promise<string[]> {
  machineSources ??= makeSources()
  return machineSources
}

async function makeSources(): Promise<string[]> {
  const folder = join(ORACLES_FOLDER, 'apt')
  mkdirSync(join(folder, 'lists', 'partial'), { recursive: true })
  const format = '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)'
  const indexes = String(await told('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']))
  const lines = indexes.split('\n').flatMap((line) => {
    const [origin, uri, suite, component] = line.split('|')
    if (origin !== 'Debian') return []
    return [`deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${uri} ${suite} ${component}`]
  })
  if (lines.length === 0) throw new Error('apt knows no index of Debian: run apt-get update')
  const list = join(folder, 'sources.list')
  writeFileSync(list, `${[...new Set(lines)].join('\n')}\n`)
  const options = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(folder, 'lists'),
    // The folders belong to whoever runs the tests.
    'APT::Sandbox::User': 'root',
  }
  const apt = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  await told('apt-get', [...apt, 'update'])
  return apt
}
