import { digestHex, parseDigest } from '../../bytes/digest.ts'
import type { ScriptFile } from '../../model/install-script.ts'
import { archFrom, type Format, type Platform, platformFrom } from '../../model/platform.ts'
import type { OfferedFile, OfferScene } from '../offered.ts'

/**
 * What `install.sh` can install, by system, in the order in which it is chosen: what needs no root first, and what is whole
 * by itself before an archive.
 */
const SHELL: Readonly<Partial<Record<Platform, readonly Format[]>>> = {
  linux: ['elf', 'appimage', 'tar.gz', 'tar.xz', 'tar.zst', 'tar.bz2', 'zip', 'deb', 'rpm'],
  macos: ['macho', 'tar.gz', 'tar.xz', 'tar.zst', 'tar.bz2', 'zip', 'dmg', 'pkg', 'app-zip'],
  any: ['tar.gz', 'tar.xz', 'tar.zst', 'tar.bz2', 'zip'],
}

/** Likewise of `install.ps1`: what has an installer of its own is installed by it. */
const POWERSHELL: Readonly<Partial<Record<Platform, readonly Format[]>>> = {
  windows: ['msi', 'exe', 'msix', 'msixbundle', 'appx', 'zip', 'pe'],
}

type Scene = Pick<OfferScene, 'app' | 'release' | 'baseUrl'>

/** @returns none for files that it can do nothing with, also not when one is asked for by name */
export function shellFiles(files: readonly OfferedFile[], scene: Scene): readonly ScriptFile[] {
  return scriptFiles(files, scene, SHELL)
}

/** As {@link shellFiles}, of PowerShell. */
export function powerShellFiles(files: readonly OfferedFile[], scene: Scene): readonly ScriptFile[] {
  return scriptFiles(files, scene, POWERSHELL)
}

/** Archives that updaters of applications fetch, and nobody installs by hand. */
const FOR_UPDATERS = /\.(?:app|appimage)\.(?:tar\.[a-z0-9]+|zip)$/i

function scriptFiles(
  files: readonly OfferedFile[],
  scene: Scene,
  formats: Readonly<Partial<Record<Platform, readonly Format[]>>>,
): ScriptFile[] {
  return files
    .flatMap((file): ScriptFile[] => {
      const place = formats[file.platform]?.indexOf(file.format) ?? -1
      if (place < 0 || (file.kind ?? 'app') !== 'app' || FOR_UPDATERS.test(file.fileName)) return []
      const { libc, glibcMin } = libcOf(file)
      const isSpecial = file.variant != null && !LIBC_WORD.test(file.variant)
      return [
        {
          platform: file.platform,
          arch: file.arch,
          format: file.format,
          libc,
          glibcMin,
          rank: place * 10 + (isSpecial ? 1 : 0),
          programName: programName(file.fileName, scene),
          fileName: file.fileName,
          url: absoluteUrl(file.url, scene),
          sha256: digestHex(parseDigest(file.digest)),
          sizeBytes: file.sizeBytes,
        },
      ]
    })
    .sort((a, b) => a.rank - b.rank || (a.fileName < b.fileName ? -1 : 1))
}

export function absoluteUrl(url: string, { baseUrl }: Pick<OfferScene, 'baseUrl'>): string {
  return url.startsWith('/') ? baseUrl + url : url
}

const LIBC_WORD = /(?:^|[-_.])(musl|static|gnu|glibc)(?:eabi(?:hf)?)?(?=$|[-_.])/i

/** What the bytes say; of an archive, what its variant or name says. */
function libcOf({
  platform,
  format,
  variant,
  fileName,
  inspection,
}: OfferedFile): Pick<ScriptFile, 'libc' | 'glibcMin'> {
  if (platform !== 'linux' || format === 'deb' || format === 'rpm') return { libc: 'any', glibcMin: null }
  if (format === 'elf' && inspection.format === 'elf') {
    const { libc, glibcMin, interpreter } = inspection.facts ?? {}
    if (libc === 'glibc') {
      return { libc, glibcMin: typeof glibcMin === 'string' && /^\d+\.\d+$/.test(glibcMin) ? glibcMin : null }
    }
    if (libc === 'musl') return { libc, glibcMin: null }
    return { libc: interpreter === undefined ? 'static' : 'any', glibcMin: null }
  }
  const word = (LIBC_WORD.exec(variant ?? '') ?? LIBC_WORD.exec(fileName))?.[1]?.toLowerCase()
  const libc = word === undefined ? 'any' : word === 'musl' ? 'musl-built' : word === 'static' ? 'static' : 'glibc'
  return { libc, glibcMin: null }
}

const MAX_WORDS = 12

/** `notes` of `notes-1.2.0-linux-x64`: what people type. The name of the app where nothing of that kind is left. */
function programName(fileName: string, { app, release }: Scene): string {
  let name = fileName.replace(/\.(?:appimage|bin|elf|run|exe)$/i, '')
  for (let i = 0; i < MAX_WORDS; i++) {
    const cut = release === null ? -1 : name.lastIndexOf(release.version)
    if (cut > 1 && cut + release!.version.length === name.length) {
      name = name.slice(0, cut).replace(/[-_.+]?v?$/i, '')
      continue
    }
    // `x86_64` has a mark inside.
    const word = /[-_.](x86[-_]64|[A-Za-z0-9]+)$/.exec(name)
    if (word === null || word.index === 0 || !isMachineWord(word[1]!)) break
    name = name.slice(0, word.index)
  }
  return /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/.test(name) ? name : app.slug
}

function isMachineWord(word: string): boolean {
  if (/^(?:unknown|pc|apple|gnu|glibc|musl|static|gnueabihf|musleabihf|msvc|64bit|32bit)$/i.test(word)) return true
  const [arch, platform] = [archFrom(word), platformFrom(word)]
  return (arch !== undefined && arch !== 'any') || (platform !== undefined && platform !== 'any')
}
