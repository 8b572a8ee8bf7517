import type { ByteSource } from '../../bytes/byte-source.ts'
import { toHex } from '../../bytes/encoding.ts'
import { matchesCodeHashes } from '../../formats/apple/code-pages.ts'
import { MAX_CODE_SIGNATURE_BYTES } from '../../formats/apple/code-signature.ts'
import type { MachoSlice } from '../../formats/apple/macho.ts'
import type { PlistDict } from '../../formats/apple/plist-value.ts'
import type { Budget } from '../../formats/budget.ts'
import { isAboutBytes } from '../../formats/format-error.ts'
import type { Certificate } from '../../formats/signatures/x509.ts'
import type { Check, Inspection, Signature } from '../../model/inspection.ts'
import { displayText, exactText, finding } from '../finding.ts'
import type { InspectLimits } from '../inspector.ts'
import { machoArches } from '../program.ts'
import { validityChecks } from '../validity.ts'
import {
  type AppleSignature,
  allOf,
  coversFile,
  readAppleSignature,
  SIGNING_KINDS,
  type SigningKind,
  sealsInfo,
  sealsResources,
  signatureFacts,
} from './apple-signature.ts'
import { allowsDebugging, entitlementFacts } from './entitlements.ts'

/** What the signature of a program is read for. */
export interface ProgramContext {
  /** Prefix of the codes of findings. */
  readonly family: 'macho' | 'ipa' | 'app'
  /** Subject of sentences. */
  readonly what: string
  readonly budget: Budget
  readonly limits: Pick<InspectLimits, 'now'>
  /** Runs a pass over the code for its hashes, in its order; without it they are not looked at. */
  readonly overCode?: <T>(run: (code: ByteSource) => Promise<T>) => Promise<T>
  /** The bundle whose main program it is; without it what the signature says of a bundle is not looked at. */
  readonly bundle?: SignedBundle
}

/** What a bundle has of what the signature of its main program covers. */
export interface SignedBundle {
  readonly infoPlist: Uint8Array
  /** `none` when the bundle has no such file, undefined when it was not read. */
  readonly codeResources: Uint8Array | 'none' | undefined
  /** Whether the files that are listed there are what was signed; undefined when that cannot be told. */
  filesHold(): Promise<boolean | undefined>
}

/** By what other code may know a slice. */
export interface SliceIdentity {
  /** Of each of its directories, as lower-case hex. */
  readonly codeHashes: readonly string[]
  readonly identifier: string
  /** Of the signer; undefined when signed ad hoc. */
  readonly certificate: Certificate | undefined
}

export interface ProgramSignature {
  /** `unsigned` when no slice has a signature; else the weakest of those that can be read, if any. */
  readonly kind: SigningKind | 'unsigned' | undefined
  /** CPU names of slices without a signature, when others have one. */
  readonly unsignedSlices: readonly string[]
  readonly hasTicket: boolean
  /** Whether every slice has a signature that covers it; undefined when that could not be told of one, false for none. */
  readonly holds: boolean | undefined
  /** Of the slices with a signature that can be read. */
  readonly slices: readonly SliceIdentity[]
  readonly entitlements: PlistDict | undefined
  /** Every slice with entitlements has them as DER too. */
  readonly hasEntitlementsDer: boolean
  /** Of the signers, one for each slice that has one. */
  readonly certificates: readonly Certificate[]
  readonly facts: Readonly<Record<string, string | boolean | string[]>>
  readonly inspection: Pick<Inspection, 'signatures' | 'entitlements'>
  readonly checks: readonly Check[]
}

const MAX_SIGNATURES = 16

/**
 * Reads the code signature of each slice, and verifies it where {@link ProgramContext.overCode} allows it.
 *
 * @param program the whole Mach-O file, for reads of its signatures
 * @throws RangeError, FormatLimitError
 */
export async function readProgramSignature(
  program: ByteSource,
  slices: readonly MachoSlice[],
  context: ProgramContext,
): Promise<ProgramSignature> {
  const signed: SignedSlice[] = []
  const unsigned: MachoSlice[] = []
  for (const slice of slices) {
    context.budget.tick()
    if (slice.signature === undefined || slice.signature.sizeBytes === 0) unsigned.push(slice)
    else signed.push({ slice, signature: await sliceSignature(program, slice) })
  }
  const verdicts = await signatureVerdicts(signed, context)
  const isBroken = verdicts.includes(false) || signed.some(({ signature }) => signature === 'invalid')
  const found = signed.flatMap(({ signature }) => (typeof signature === 'string' ? [] : signature))
  const files = await filesVerdict(found, verdicts, context)
  const told = new Map<string, Signature>()
  const holding: (boolean | undefined)[] = []
  for (const [i, { signature }] of signed.entries()) {
    const isUnread = typeof signature === 'string'
    const holds = isUnread ? (signature === 'invalid' ? false : undefined) : allOf([verdicts[i], files])
    const facts: Signature = isUnread ? { scheme: 'apple', state: signature } : await signatureFacts(signature, holds)
    told.set(JSON.stringify(facts), facts)
    holding.push(holds)
  }
  const checks: Check[] = []
  const open = slices.find(hasBytesBehindSignature)
  if (open !== undefined) {
    const words = `${context.what} has bytes behind its code signature, which covers none of them`
    checks.push(finding('warning', `${context.family}.trailing_data`, words))
  }
  if (isBroken) {
    const words = `${context.what} is not what was signed: its code signature does not cover it, so systems refuse it`
    checks.push(finding('error', `${context.family}.signature_invalid`, words))
  } else {
    checks.push(...unverifiedChecks(signed, verdicts, context))
  }
  const holds = signed.length > 0 && unsigned.length === 0 && allOf(holding)
  return summary({ found, holds, told: [...told.values()].slice(0, MAX_SIGNATURES), unsigned, checks }, context)
}

/** Of signatures that could not be held against their own slice; why files of the bundle could not is told by them. */
function unverifiedChecks(
  signed: readonly SignedSlice[],
  verdicts: readonly (boolean | undefined)[],
  { family, what, bundle }: ProgramContext,
): Check[] {
  for (const [i, { slice, signature }] of signed.entries()) {
    // That the App Store encrypted an IPA is a finding of its own.
    if (verdicts[i] !== undefined || (slice.isEncrypted && family === 'ipa')) continue
    const why =
      signature === 'unverified'
        ? 'it is too large'
        : slice.isEncrypted
          ? 'the code is encrypted'
          : whyOpen(signature, family, bundle)
    const words = `${what} has a code signature that could not be verified: ${why}`
    return [finding('warning', `${family}.signature_unverified`, words)]
  }
  return []
}

function whyOpen(
  signature: AppleSignature | 'invalid',
  family: ProgramContext['family'],
  bundle: SignedBundle | undefined,
): string {
  if (signature !== 'invalid' && !speaksOfBundle(signature, family, bundle))
    return 'it is one of a program alone and says nothing of the application'
  if (bundle !== undefined && bundle.codeResources === undefined)
    return 'the list of files that it covers cannot be read'
  return 'it is made in a way that is not known here'
}

/** Linkers and codesign end a slice with its signature; what comes behind it nobody signed. */
function hasBytesBehindSignature({ signature, sizeBytes }: MachoSlice): boolean {
  return signature !== undefined && signature.sizeBytes > 0 && signature.offset + signature.sizeBytes < sizeBytes
}

/** `invalid` when it is damaged, which makes systems refuse the program; `unverified` when it is too large to be read. */
async function sliceSignature(
  program: ByteSource,
  slice: MachoSlice,
): Promise<AppleSignature | 'invalid' | 'unverified'> {
  const { offset, sizeBytes } = slice.signature!
  if (offset + sizeBytes > slice.sizeBytes) return 'invalid'
  if (sizeBytes > MAX_CODE_SIGNATURE_BYTES) return 'unverified'
  const bytes = await program.read(slice.offset + offset, sizeBytes)
  try {
    return await readAppleSignature(bytes)
  } catch (error) {
    if (isAboutBytes(error)) return 'invalid'
    throw error
  }
}

/** For each signature whether it covers its slice; undefined when that cannot be told. */
async function signatureVerdicts(
  signed: readonly SignedSlice[],
  context: ProgramContext,
): Promise<(boolean | undefined)[]> {
  const verdicts = signed.map(({ signature }) =>
    typeof signature === 'string'
      ? undefined
      : allOf([
          signature.holds,
          coversBundle(signature, context.bundle),
          speaksOfBundle(signature, context.family, context.bundle) ? true : undefined,
        ]),
  )
  // What the App Store encrypted after signing has other hashes.
  const open = signed.flatMap(({ slice, signature }, i) =>
    typeof signature === 'string' || slice.isEncrypted || verdicts[i] === false ? [] : { slice, signature, i },
  )
  const checked = new Set<number>()
  if (context.overCode !== undefined && open.length > 0) {
    await context.overCode(async (code) => {
      for (const { slice, signature, i } of open.toSorted((a, b) => a.slice.offset - b.slice.offset)) {
        const matches = await matchesCodeHashes(code, slice.offset, slice.signature!.offset, signature.directories)
        verdicts[i] = allOf([verdicts[i], matches])
        checked.add(i)
      }
    })
  }
  return verdicts.map((verdict, i) => (verdict === true && !checked.has(i) ? undefined : verdict))
}

/**
 * Whether the main program of a Mac application was signed as one: a tool of the same team, put in its place, holds none
 * of the files beside it, and Macs refuse it. What has no signer is anybody's anyway.
 */
function speaksOfBundle(
  signature: AppleSignature,
  family: ProgramContext['family'],
  bundle: SignedBundle | undefined,
): boolean {
  if (family === 'macho' || bundle === undefined || signature.certificate === undefined) return true
  return sealsResources(signature) && sealsInfo(signature)
}

function coversBundle(signature: AppleSignature, bundle: SignedBundle | undefined): boolean | undefined {
  if (bundle === undefined) return true
  const { infoPlist, codeResources } = bundle
  return allOf([
    coversFile(signature, 1, infoPlist),
    codeResources === undefined
      ? sealsResources(signature)
        ? undefined
        : true
      : coversFile(signature, 3, codeResources === 'none' ? undefined : codeResources),
  ])
}

/** Only of files that hold anything by their signature: one that is broken, or that devices cannot check, says nothing of them. */
async function filesVerdict(
  found: readonly AppleSignature[],
  verdicts: readonly (boolean | undefined)[],
  { bundle }: ProgramContext,
): Promise<boolean | undefined> {
  if (!(bundle?.codeResources instanceof Uint8Array) || verdicts.includes(false)) return true
  if (!found.some(sealsResources) || !verdicts.includes(true)) return true
  return bundle.filesHold()
}

interface SignedSlice {
  readonly slice: MachoSlice
  readonly signature: Awaited<ReturnType<typeof sliceSignature>>
}

interface Findings {
  readonly found: readonly AppleSignature[]
  readonly holds: boolean | undefined
  readonly told: readonly Signature[]
  readonly unsigned: readonly MachoSlice[]
  readonly checks: Check[]
}

function summary({ found, holds, told, unsigned, checks }: Findings, context: ProgramContext): ProgramSignature {
  const { family, what, limits } = context
  const [first] = found
  const kind = SIGNING_KINDS.find((candidate) => found.some((signature) => signature.kind === candidate))
  const unsignedSlices = told.length === 0 ? [] : machoArches(unsigned.map((slice) => slice.cpuType)).abis
  const seen = new Set<unknown>()
  for (const { certificate, signedAt } of found) {
    if (certificate === undefined || seen.has(certificate.subject)) continue
    seen.add(certificate.subject)
    checks.push(
      ...validityChecks(
        {
          code: `${family}.certificate`,
          what: 'The certificate of the signer',
          validFrom: certificate.notBefore,
          validTo: certificate.notAfter,
          signedAt,
        },
        limits,
      ),
    )
  }
  const debuggable = found.find(({ entitlements }) => allowsDebugging(entitlements))
  if (debuggable !== undefined) {
    const words = `${what} may be debugged (get-task-allow): it is a build for development`
    checks.push(finding('warning', `${family}.debuggable`, words))
  }
  const entitlements = debuggable?.entitlements ?? first?.entitlements
  const identifier = exactText(first?.identifier)
  const teamId = exactText(first?.teamId)
  return {
    kind: told.length === 0 ? 'unsigned' : kind,
    unsignedSlices,
    hasTicket: found.some((signature) => signature.hasTicket),
    holds,
    slices: found.map(({ directories, identifier, certificate }) => ({
      codeHashes: directories.flatMap(({ cdHash }) => (cdHash === undefined ? [] : toHex(cdHash))),
      identifier,
      certificate,
    })),
    entitlements,
    hasEntitlementsDer: found.every(
      (signature) => signature.entitlements === undefined || signature.hasEntitlementsDer,
    ),
    certificates: found.flatMap(({ certificate }) => certificate ?? []),
    facts:
      first === undefined || kind === undefined
        ? {}
        : {
            codeSignature: kind,
            ...(identifier === undefined ? {} : { codeIdentifier: identifier }),
            ...(teamId === undefined ? {} : { teamId }),
            hardenedRuntime: found.every((signature) => signature.isHardened),
            cdHashes: found.flatMap(({ cdHash }) => displayText(cdHash) ?? []),
            ...(unsignedSlices.length === 0 ? {} : { unsignedSlices: [...unsignedSlices] }),
          },
    inspection: {
      signatures: [...told],
      ...(entitlements === undefined ? {} : { entitlements: entitlementFacts(entitlements) }),
    },
    checks,
  }
}
