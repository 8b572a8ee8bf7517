import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DistError } from '../../src/errors.ts'
import { inspectArtifact } from '../../src/inspect/inspect.ts'
import { nameChecks } from '../../src/inspect/name-checks.ts'
import type { InspectionReport } from '../../src/model/inspection.ts'
import type { Format } from '../../src/model/platform.ts'
import { systemCode, systemReason } from '../system-error.ts'
import { withFileSource } from '../upload/file-source.ts'

/** Where build tools leave what they made, relative to the project; looked at in this order. */
export const OUTPUT_FOLDERS: readonly string[] = [
  'out',
  'dist',
  'build',
  'release',
  'releases',
  'artifacts',
  'publish',
  'bin',
  'target/release',
  'src-tauri/target/release',
  'app/build/outputs',
  'build/app/outputs',
  'android/app/build/outputs',
]

/** Folders of intermediate results, which hold real programs that nobody wants to publish. */
const SKIPPED_FOLDERS = new Set([
  'node_modules',
  'deps',
  'incremental',
  'intermediates',
  'androidtest',
  'debug',
  'obj',
  'tmp',
  'temp',
  'cmakefiles',
  'win-unpacked',
  'linux-unpacked',
  'mac',
  'mac-arm64',
  'mac-universal',
])

const MAX_DEPTH = 6
/** Files looked into; a build folder with more is not one of results. */
const MAX_FILES = 2000
/** Below this a file is a note or a marker. Bytes. */
const MIN_BYTES = 64

/** Formats that are results wherever they lie. `elf`, `macho` and `pe` may be a library of another file, see below. */
const PROGRAMS: ReadonlySet<Format> = new Set(['elf', 'macho', 'pe', 'exe'])

export interface FoundFile extends InspectionReport {
  /** Relative to the project, with `/`. */
  readonly path: string
  readonly fileName: string
}

export interface BuildOutput {
  readonly files: readonly FoundFile[]
  /** Folders that exist and were looked at. */
  readonly folders: readonly string[]
  /** Files that look like artifacts by their names and cannot be used, each with why, as a sentence has it. */
  readonly unusable: readonly { readonly path: string; readonly why: string }[]
  /** True when there were more than {@link MAX_FILES} files. */
  readonly isCut: boolean
}

/**
 * Artifacts among the build output of a project, by what their bytes say; sorted by path.
 *
 * Files that are no known format are passed over, and so are programs that are not executable (libraries, object
 * files), hidden files, symbolic links and folders of intermediate results; those whose names promise an artifact are
 * told.
 */
export async function findBuildOutput(
  project: string,
  folders: readonly string[] = OUTPUT_FOLDERS,
): Promise<BuildOutput> {
  const paths = new Set<string>()
  const seen: string[] = []
  for (const folder of folders) {
    if (await walk(project, folder, 0, paths)) seen.push(folder)
  }
  const files: FoundFile[] = []
  const unusable: { path: string; why: string }[] = []
  for (const path of [...paths].sort()) {
    const full = join(project, path)
    const fileName = path.slice(path.lastIndexOf('/') + 1).normalize('NFC')
    try {
      const isExecutable = ((await stat(full)).mode & 0o111) !== 0
      const { sizeBytes, report } = await withFileSource(full, async (source) => ({
        sizeBytes: source.sizeBytes,
        report: await inspectArtifact(source),
      }))
      const { format } = report.inspection
      const isPassedOver = PROGRAMS.has(format) ? !isProgram(path, isExecutable) : format === 'file'
      if (sizeBytes >= MIN_BYTES && !isPassedOver) {
        files.push({ ...report, path, fileName })
        continue
      }
      // A file that nobody would take for an artifact is passed over without a word.
      const damage = sizeBytes < MIN_BYTES ? report.checks.filter(({ level }) => level === 'error') : []
      const [wrong] = [...damage, ...nameChecks(fileName, report)]
      if (wrong !== undefined) unusable.push({ path, why: sizeBytes === 0 ? 'it is empty' : wrong.message })
    } catch (error) {
      if (!(error instanceof DistError) && systemCode(error) === undefined) throw error
      unusable.push({ path, why: systemReason(error) })
    }
  }
  return { files, folders: seen, unusable, isCut: paths.size >= MAX_FILES }
}

/** @returns whether the folder exists */
async function walk(project: string, folder: string, depth: number, paths: Set<string>): Promise<boolean> {
  let entries: Awaited<ReturnType<typeof readEntries>>
  try {
    entries = await readEntries(join(project, folder))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return false
    throw error
  }
  for (const entry of entries) {
    if (entry.name.startsWith('.') || paths.size >= MAX_FILES) continue
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      // An .app is published as an archive; what is inside of it is no file of its own.
      if (depth + 1 < MAX_DEPTH && !SKIPPED_FOLDERS.has(entry.name.toLowerCase()) && !entry.name.endsWith('.app')) {
        await walk(project, path, depth + 1, paths)
      }
    } else if (entry.isFile()) {
      paths.add(path)
    }
  }
  return true
}

function readEntries(folder: string) {
  return readdir(folder, { withFileTypes: true })
}

/** Shared libraries are executable on some systems, and nothing is on Windows: there the name must tell. */
function isProgram(path: string, isExecutable: boolean): boolean {
  if (/\.(?:so(?:\.[\d.]+)?|dylib|dll|o|obj|a|lib|rlib|node|pdb)$/i.test(path)) return false
  return isExecutable || /\.exe$/i.test(path)
}
