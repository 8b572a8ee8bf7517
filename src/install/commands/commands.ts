import { digestHex, parseDigest } from '../../bytes/digest.ts'
import { quotePowerShell, shellWord } from '../../bytes/quote.ts'
import { fileNameProblem } from '../../model/file-name.ts'
import type { Command } from '../../model/install-page.ts'
import { isLoopbackHost } from '../../model/loopback.ts'
import type { Format, Platform } from '../../model/platform.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'
import { absoluteUrl, powerShellFiles, shellFiles } from './script-files.ts'

type Scene = Pick<OfferScene, 'app' | 'release' | 'baseUrl' | 'scripts' | 'needsToken' | 'isByLink'>

const LABELS = {
  linux: 'Terminal on Linux',
  macos: 'Terminal on macOS',
  both: 'Terminal on Linux and macOS',
  windows: 'PowerShell',
  adb: 'A computer with adb',
} as const

const TOKEN_NOTE = 'Needs a token that may read, exported as DIST_TOKEN.'
const TOKEN_NOTE_WINDOWS = 'Needs a token that may read, in $env:DIST_TOKEN.'

/** What a shell does with a file once it has the right bytes. */
interface Step {
  readonly label: keyof typeof LABELS
  /** Program that holds the bytes against the digest: what the system has. */
  readonly check: 'sha256sum' | 'shasum'
  /** @param path of the file, ready for the shell */
  run(path: string): string
  readonly note?: string
}

const run = (command: string) => (path: string) => `${command} ${path}`

const LINUX = { label: 'linux', check: 'sha256sum' } as const
const MACOS = { label: 'macos', check: 'shasum' } as const
/** Comes with macOS, and with the Perl of Linux distributions. */
const BOTH = { label: 'both', check: 'shasum' } as const

const UNPACK: Readonly<Partial<Record<Format, ReturnType<typeof run>>>> = {
  'tar.gz': run('tar -xzf'),
  'tar.xz': run('tar -xJf'),
  'tar.bz2': run('tar -xjf'),
  'tar.zst': run('tar --zstd -xf'),
  zip: run('unzip'),
}

const STEPS: Readonly<Partial<Record<Format, Step>>> = {
  apk: { ...BOTH, label: 'adb', run: run('adb install -r'), note: 'USB debugging is on, and the device is connected.' },
  deb: { ...LINUX, run: run('sudo apt install') },
  rpm: { ...LINUX, run: run('sudo dnf install'), note: 'On openSUSE: zypper instead of dnf.' },
  appimage: { ...LINUX, run: run('chmod +x') },
  elf: { ...LINUX, run: run('chmod +x') },
  snap: { ...LINUX, run: run('sudo snap install --dangerous'), note: 'Dangerous means: not signed by the Snap Store.' },
  flatpak: { ...LINUX, run: run('flatpak install --user') },
  macho: { ...MACOS, run: run('chmod +x') },
  dmg: { ...MACOS, run: run('open') },
  pkg: { ...MACOS, run: (path) => `sudo installer -pkg ${path} -target /` },
  'app-zip': { ...MACOS, run: (path) => `ditto -xk ${path} /Applications` },
  npm: { ...BOTH, run: run('npm install -g') },
  wheel: { ...BOTH, run: run('python3 -m pip install') },
}

/** What PowerShell does with a file; its path is given as a string of PowerShell. */
const WINDOWS_STEPS: Readonly<Partial<Record<Format, (path: string) => string>>> = {
  exe: (path) => `Start-Process ${path}`,
  msi: (path) => `msiexec /i ${path}`,
  msix: (path) => `Add-AppxPackage ${path}`,
  msixbundle: (path) => `Add-AppxPackage ${path}`,
  appx: (path) => `Add-AppxPackage ${path}`,
  zip: (path) => `Expand-Archive ${path}`,
}

/** Lines that fetch one file, hold it against its digest, and install it. None that could not work for this visitor. */
export function commandsOf(file: OfferedFile, scene: Scene): readonly Command[] {
  // A cookie does not come along, and the bytes of an IPA are for nobody without one.
  if (scene.isByLink || file.format === 'ipa' || fileNameProblem(file.fileName) !== undefined) return []
  const url = absoluteUrl(file.url, scene)
  if (file.platform === 'windows') return windowsCommands(file, url, scene)
  const step = stepOf(file)
  if (step === undefined) return []
  const sha256 = digestHex(parseDigest(file.digest))
  const name = shellWord(file.fileName)
  const line = shellWord(`${sha256}  ${file.fileName}`)
  const check = step.check === 'sha256sum' ? 'sha256sum -c -' : 'shasum -a 256 -c -'
  const text = [
    `${curl(scene)} ${scene.needsToken ? '-fo' : '-fLo'} ${name} ${shellWord(url)}`,
    `echo ${line} | ${check}`,
    step.run(shellWord(`./${file.fileName}`)),
  ].join(' && ')
  return [{ label: LABELS[step.label], text, note: noteOf(scene.needsToken && TOKEN_NOTE, step.note) }]
}

function stepOf({ platform, format }: OfferedFile): Step | undefined {
  const unpack = UNPACK[format]
  if (unpack === undefined) return STEPS[format]
  const at: Partial<Record<Platform, typeof LINUX | typeof MACOS | typeof BOTH>> = {
    linux: LINUX,
    macos: MACOS,
    any: BOTH,
  }
  const where = at[platform]
  return where === undefined ? undefined : { ...where, run: unpack }
}

/** A token comes by standard input: command lines can be seen by everybody on the machine. */
function curl({ needsToken }: Pick<Scene, 'needsToken'>): string {
  return needsToken ? `printf 'header = "Authorization: Bearer %s"' "$DIST_TOKEN" | curl -K -` : 'curl'
}

function noteOf(...parts: readonly (string | false | undefined)[]): string | null {
  const said = parts.filter((part) => part !== undefined && part !== false)
  return said.length === 0 ? null : said.join(' ')
}

function windowsCommands({ format, fileName, digest }: OfferedFile, url: string, scene: Scene): readonly Command[] {
  const step = WINDOWS_STEPS[format]
  // Brackets are patterns in paths of PowerShell.
  if (step === undefined || /[[\]`]/.test(fileName)) return []
  const path = quotePowerShell(`.\\${fileName}`)
  const headers = scene.needsToken ? ' -Headers @{ Authorization = "Bearer $env:DIST_TOKEN" }' : ''
  const text = [
    `Invoke-WebRequest -UseBasicParsing${headers} ${quotePowerShell(url)} -OutFile ${path}`,
    `if ((Get-FileHash ${path}).Hash -eq ${quotePowerShell(digestHex(parseDigest(digest)))}) { ${step(path)} } else { throw 'Other bytes than those of the release' }`,
  ].join('; ')
  return [{ label: LABELS.windows, text, note: noteOf(scene.needsToken && TOKEN_NOTE_WINDOWS) }]
}

/** Lines that install whatever is right for the machine they run on. */
export function installersOf(files: readonly OfferedFile[], scene: Scene): readonly Command[] {
  if (scene.scripts === null || scene.isByLink) return []
  const url = scene.baseUrl + scene.scripts
  const plain =
    isPlain(scene.baseUrl) && 'This server is reached without encryption: who is on the way can change the script.'
  const shell = new Set(shellFiles(files, scene).map(({ platform }) => platform))
  const label = shell.has('linux') ? (shell.has('macos') ? 'both' : 'linux') : shell.has('macos') ? 'macos' : undefined
  const commands: Command[] = []
  if (label !== undefined) {
    const flags = scene.needsToken ? '-fsS' : '-fsSL'
    commands.push({
      label: LABELS[label],
      text: `${curl(scene)} ${flags} ${shellWord(`${url}/install.sh`)} | sh`,
      note: noteOf(scene.needsToken && TOKEN_NOTE, plain),
    })
  }
  if (powerShellFiles(files, scene).length > 0) {
    const headers = scene.needsToken ? ' -Headers @{ Authorization = "Bearer $env:DIST_TOKEN" }' : ''
    commands.push({
      label: LABELS.windows,
      text: `irm${headers} ${powerShellWord(`${url}/install.ps1`)} | iex`,
      note: noteOf(scene.needsToken && TOKEN_NOTE_WINDOWS, plain),
    })
  }
  return commands
}

function powerShellWord(text: string): string {
  return /^[A-Za-z0-9_:./+-]+$/.test(text) ? text : quotePowerShell(text)
}

/** Over http, and not to this machine itself. */
function isPlain(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl)
  return protocol === 'http:' && !isLoopbackHost(hostname)
}
