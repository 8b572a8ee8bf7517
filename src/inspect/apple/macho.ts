import { isMacho, type MachoSlice, readMacho } from '../../formats/apple/macho.ts'
import type { Budget } from '../../formats/budget.ts'
import type { Check, InspectionReport } from '../../model/inspection.ts'
import type { Platform } from '../../model/platform.ts'
import { finding } from '../finding.ts'
import type { ArtifactSource, InspectLimits, Inspector } from '../inspector.ts'
import { CPU_ARM64, machoArches } from '../program.ts'
import { reading } from '../reading.ts'
import { wholePass } from '../whole-pass.ts'
import { type ProgramSignature, readProgramSignature } from './program-signature.ts'

/** `LC_BUILD_VERSION` platforms; Mac Catalyst runs on macOS, and simulators are no device of ours. */
const MACHO_PLATFORMS: Readonly<Record<number, Platform>> = { 1: 'macos', 2: 'ios', 6: 'macos' }
/** `MH_EXECUTE`, `MH_DYLIB`, `MH_BUNDLE`: what systems load. */
const LOADED_TYPES = [2, 6, 8]

/**
 * Bare Mach-O programs and libraries, thin and universal. Read: header, load commands and code signature of each slice;
 * for the signature, all bytes that it covers.
 */
export const machoInspector: Inspector = {
  name: 'macho',
  format: 'macho',
  async sniff(head) {
    return isMacho(head)
  },
  inspect: (source, limits) => reading('macho', limits, (budget) => inspectMacho(source, limits, budget)),
}

async function inspectMacho(source: ArtifactSource, limits: InspectLimits, budget: Budget): Promise<InspectionReport> {
  const slices = await readMacho(source)
  const { arch, abis } = machoArches(slices.map((slice) => slice.cpuType))
  const platforms = new Set(slices.map(platformOf))
  const platform = platforms.size === 1 ? [...platforms][0] : undefined
  // Slices may ask for different systems: the lowest one still runs the file.
  const minOs = slices
    .map((slice) => slice.minOs)
    .filter((text) => text !== undefined)
    .sort(byNumbers)[0]
  const signature = await readProgramSignature(source, slices, {
    family: 'macho',
    what: 'The program',
    budget,
    limits,
    overCode: (run) => wholePass(source, budget, run),
  })
  return {
    inspection: {
      format: 'macho',
      ...(platform === undefined ? {} : { platform }),
      ...(arch === undefined ? {} : { arch }),
      ...(minOs === undefined ? {} : { minOs }),
      install: 'file',
      abis,
      ...signature.inspection,
      ...(Object.keys(signature.facts).length === 0 ? {} : { facts: { ...signature.facts } }),
    },
    checks: [...signature.checks, ...strengthChecks(slices, signature)],
  }
}

function platformOf(slice: MachoSlice): Platform | undefined {
  return slice.platform === undefined ? undefined : MACHO_PLATFORMS[slice.platform]
}

/** Macs with Intel processors run unsigned programs, those with Apple's do not, not even ad hoc signed ones of others. */
function strengthChecks(slices: readonly MachoSlice[], { kind }: ProgramSignature): Check[] {
  const loaded = slices.filter((slice) => LOADED_TYPES.includes(slice.fileType))
  const refused = loaded.find(
    (slice) => slice.signature === undefined && slice.cpuType === CPU_ARM64 && platformOf(slice) === 'macos',
  )
  if (refused !== undefined) {
    const words = 'The code for Apple silicon is not signed, not even ad hoc: Macs refuse to run it'
    return [finding('warning', 'macho.unsigned', words)]
  }
  if (loaded.length > 0 && kind === 'unsigned') return [finding('info', 'macho.unsigned', 'The program is not signed')]
  if (kind === 'linker-signed' || kind === 'ad-hoc') {
    const words = 'The program is signed ad hoc: nothing tells who made it, and Macs warn of downloaded copies'
    return [finding('info', 'macho.adhoc', words)]
  }
  return []
}

function byNumbers(a: string, b: string): number {
  const left = a.split('.').map(Number)
  const right = b.split('.').map(Number)
  return left[0]! - right[0]! || left[1]! - right[1]! || left[2]! - right[2]!
}
