import { z } from 'zod'
import { DigestText } from './artifact.ts'
import { FileName } from './file-name.ts'
import { IdOf } from './ids.ts'
import { Check, Inspection, InstallMode } from './inspection.ts'
import { Arch, archFrom, Format, Platform, platformFrom } from './platform.ts'
import { byteLength, controlOrBidiIn, Instant, invisibleIn } from './text.ts'

const MAX_NAME_BYTES = 200

/** Characters that nobody sees and that are none; the joiners and presentations of letters and emoji are seen. */
const UNSEEN = /(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{DI}\p{NChar}]/u

/** The first of them, such as `U+E0001`. */
function unseenIn(text: string): string | undefined {
  const [character] = UNSEEN.exec(text) ?? []
  return character && `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * What keeps a text from being the name of a branch build; undefined when nothing does. Names are chosen by the operator
 * (`main`, `feature/x`, `@acme/x@2`) and never taken apart, so only what different programs read differently is refused:
 * encoded, empty and dot segments, and what nobody sees.
 */
export function branchNameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (!name.isWellFormed()) return 'it is not well-formed Unicode'
  if (byteLength(name) > MAX_NAME_BYTES) return `it has more than ${MAX_NAME_BYTES} bytes`
  const hidden = controlOrBidiIn(name) ?? invisibleIn(name) ?? unseenIn(name)
  if (hidden !== undefined) return `it contains ${hidden}`
  if (name !== name.normalize('NFC')) return 'it is not in Unicode form NFC'
  if (/[\\%]/.test(name)) return 'it contains a backslash or a percent sign'
  if (name !== name.trim()) return 'it begins or ends with white space'
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    return 'a part between slashes is empty or a dot segment'
  }
  return undefined
}

/**
 * What keeps a text from beginning the name of a branch build; undefined when some name begins with it. A part that is
 * empty or dots may still grow into one that is allowed.
 */
export function branchPrefixProblem(prefix: string): string | undefined {
  if (prefix === '') return 'it is empty'
  return branchNameProblem(prefix) && branchNameProblem(`${prefix}x`)
}

export const BranchName = z.string().superRefine((name, context) => {
  const problem = branchNameProblem(name)
  if (problem !== undefined)
    context.addIssue({ code: 'custom', message: `is not a name for a branch build: ${problem}` })
})

/** `branch` is never mirrored, `line` may be; nothing else differs. */
export const BranchKind = z.enum(['branch', 'line'])
export type BranchKind = z.infer<typeof BranchKind>

/** What a build is for, where somebody sorts them; the same words as the registries this replaces. */
export const BRANCH_CATEGORIES = ['processing', 'catalog', 'application', 'tileset', 'maplibre-style', 'other'] as const
export const BranchCategory = z.enum(BRANCH_CATEGORIES)
export type BranchCategory = z.infer<typeof BranchCategory>

export const BranchSlot = z
  .object({
    platform: Platform,
    arch: Arch,
    fileName: z.string(),
    format: Format,
    /** Package name as the bytes say it; fixed by the first upload. */
    packageName: z.string().nullable(),
    /** As the bytes say it: shown, and never sorted or chosen by. */
    version: z.string().nullable(),
    license: z.string().nullable(),
    sizeBytes: z.int().min(0),
    digest: DigestText,
    install: z.object({ mode: InstallMode }),
    inspection: Inspection,
    checks: z.array(Check),
    uploadedAt: Instant,
    /** `token:tok_… (name)`; the kind alone for readers without a token of the app. */
    uploadedBy: z.string(),
    url: z.url(),
  })
  .meta({ id: 'BranchSlot' })
export type BranchSlot = z.infer<typeof BranchSlot>

/** A mutable named build of an app: one file per platform and arch, replaced as a whole. */
export const Branch = z
  .object({
    id: IdOf('branch'),
    app: z.string(),
    name: z.string(),
    kind: BranchKind,
    category: BranchCategory.nullable(),
    createdAt: Instant,
    updatedAt: Instant,
    expiresAt: Instant.nullable(),
    url: z.url(),
    /** In order of platform and arch. */
    slots: z.array(BranchSlot),
  })
  .meta({ id: 'Branch' })
export type Branch = z.infer<typeof Branch>

const MAX_BRANCH_DAYS = 3650
export const BranchDays = z.number().positive().max(MAX_BRANCH_DAYS)

/** Puts the bytes of a finished upload of this principal into a slot; what was there is replaced. */
export const PushSlot = z
  .strictObject({
    uploadId: IdOf('upload'),
    fileName: FileName.optional(),
    format: Format.optional(),
    install: InstallMode.optional(),
    /** Of the branch build, at its first push; another one later is a conflict. Default `branch`. */
    kind: BranchKind.optional(),
    /** Replaces the category of the branch build. */
    category: BranchCategory.optional(),
    expiresInDays: BranchDays.nullable()
      .optional()
      .describe(
        'Days until the branch build goes, counted anew with every push that says so; null is never; as it was unless given',
      ),
  })
  .meta({ id: 'PushSlot' })
export type PushSlot = z.infer<typeof PushSlot>

/** `previous` is the digest that the slot held; `replaced` is false when it held nothing, or these very bytes. */
export const PushOutcome = z
  .object({ branch: Branch, slot: BranchSlot, replaced: z.boolean(), previous: DigestText.nullable() })
  .meta({ id: 'PushOutcome' })
export type PushOutcome = z.infer<typeof PushOutcome>

export interface SlotKey {
  readonly platform: Platform
  readonly arch: Arch
}

/** `linux-x64`, `any-noarch`, `darwin-aarch64`: aliases are for input. Undefined for text that names no slot. */
export function parseSlot(text: string): SlotKey | undefined {
  const dash = text.indexOf('-')
  if (dash < 0) return undefined
  const platform = platformFrom(text.slice(0, dash))
  const arch = archFrom(text.slice(dash + 1))
  return platform && arch && { platform, arch }
}

export function slotText({ platform, arch }: SlotKey): string {
  return `${platform}-${arch}`
}

/** The slots that serve a machine, best first: its own, then those for more machines than this one. */
export function slotsFor({ platform, arch }: SlotKey): SlotKey[] {
  return [
    { platform, arch },
    { platform, arch: 'universal' },
    { platform, arch: 'any' },
    { platform: 'any', arch },
    { platform: 'any', arch: 'any' },
  ]
}
