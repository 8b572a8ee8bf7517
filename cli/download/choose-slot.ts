import { DistError } from '../../src/errors.ts'
import { type BranchSlot, slotsFor, slotText } from '../../src/model/branch.ts'
import { archFrom, FORMATS, platformFrom } from '../../src/model/platform.ts'
import { displayWidth, padColumns } from '../width.ts'
import { knownWord, type Wish } from './choose.ts'

/**
 * The one file of a branch build that fits: what the server gives for this platform and arch, or else the only one that
 * has what is asked for.
 * @throws DistError `artifact.not_found`; `artifact.ambiguous` with `details.candidates`; `usage.invalid` for a word
 * that is no platform, arch or format
 */
export function chooseSlot(slots: readonly BranchSlot[], wish: Wish): BranchSlot {
  const platform = knownWord('platform', wish.platform, platformFrom)
  const arch = knownWord('arch', wish.arch, archFrom)
  const format = knownWord('format', wish.format, (text) => FORMATS.find((word) => word === text.toLowerCase()))
  const wanted = slots.filter(
    (slot) => (wish.file ?? slot.fileName) === slot.fileName && (format ?? slot.format) === slot.format,
  )
  for (const key of slotsFor({ platform: platform ?? 'any', arch: arch ?? 'any' })) {
    const slot = wanted.find((slot) => slot.platform === key.platform && slot.arch === key.arch)
    if (slot !== undefined) return slot
  }
  const fitting = wanted.filter(
    (slot) => (platform ?? slot.platform) === slot.platform && (arch ?? slot.arch) === slot.arch,
  )
  const [slot] = fitting
  if (slot === undefined) {
    throw new DistError('artifact.not_found', 'Cannot download: no file of the branch build fits', {
      details: { candidates: slots.map(candidate) },
      hint: `It has:\n${listed(slots)}`,
    })
  }
  if (fitting.length > 1) {
    throw new DistError('artifact.ambiguous', `Cannot download: ${fitting.length} files of the branch build fit`, {
      details: { candidates: fitting.map(candidate) },
      hint: `Choose with --file, --platform, --arch or --format from:\n${listed(fitting)}`,
    })
  }
  return slot
}

function candidate({ fileName, platform, arch, format, sizeBytes, digest }: BranchSlot) {
  return { fileName, platform, arch, format, sizeBytes, digest }
}

function listed(slots: readonly BranchSlot[]): string {
  const width = Math.max(...slots.map(({ fileName }) => displayWidth(fileName)))
  return slots.map((slot) => `  ${padColumns(slot.fileName, width)}  ${slotText(slot)} ${slot.format}`).join('\n')
}
