import type { ByteSource } from '../bytes/byte-source.ts'
import type { Budget } from '../formats/budget.ts'
import { matchesCodeHashes } from '../formats/code-pages.ts'
import { MAX_CODE_SIGNATURE_BYTES } from '../formats/code-signature.ts'
import { FormatError } from '../formats/format-error.ts'
import type { MachoSlice } from '../formats/macho.ts'
import type { PlistDict } from '../formats/plist-value.ts'
import type { Certificate } from '../formats/x509.ts'
import type { Check, Inspection, Signature } from '../model/inspection.ts'
import {
  type AppleSignature,
  allOf,
  coversFile,
  readAppleSignature,
  SIGNING_KINDS,
  type SigningKind,
  signatureFacts,
} from './apple-signature.ts'
import { allowsDebugging, entitlementFacts } from './entitlements.ts'
import { displayText, exactText, finding } from './finding.ts'
import type { InspectLimits } from './inspector.ts'
import { machoArches } from './program.ts'
import { validityChecks } from './validity.ts'

/** What the signature of a program is read for. */
export interface ProgramContext {
  /** Prefix of the codes of findings. */
  readonly family: 'macho' | 'ipa' | 'app'
  /** Subject of sentences. */
  readonly what: 'The program' | 'The main program'
  readonly budget: Budget
  readonly limits: Pick<InspectLimits, 'now'>
  /** Runs a pass over the code for its hashes; without it they are not looked at. */
  readonly overCode?: <T>(run: (code: ByteSource) => Promise<T>) => Promise<T>
  /** Files of the bundle that the signature of its main program covers. */
  readonly infoPlist?: Uint8Array
  readonly codeResources?: Uint8Array
}

export interface ProgramSignature {
  /** `unsigned` when no slice has a signature; else the weakest of those that can be read, if any. */
  readonly kind: SigningKind | 'unsigned' | undefined
  /** CPU names of slices without a signature, when others have one. */
  readonly unsignedSlices: readonly string[]
  readonly hasTicket: boolean
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
  const found: AppleSignature[] = []
  const told = new Map<string, Signature>()
  const unsigned: MachoSlice[] = []
  let isBroken = false
  for (const slice of slices) {
    context.budget.tick()
    if (slice.signature === undefined || slice.signature.sizeBytes === 0) {
      unsigned.push(slice)
      continue
    }
    const signature = await sliceSignature(program, slice)
    let facts: Signature
    if (typeof signature === 'string') facts = { scheme: 'apple', state: signature }
    else {
      const inside = allOf([signature.holds, coversBundle(signature, context)])
      const holds = inside === false ? false : allOf([inside, await coversCode(slice, signature, context)])
      facts = await signatureFacts(signature, holds)
      found.push(signature)
    }
    told.set(JSON.stringify(facts), facts)
    if (facts.state === 'invalid') isBroken = true
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
  }
  return summary({ found, told: [...told.values()].slice(0, MAX_SIGNATURES), unsigned, checks }, context)
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
    if (error instanceof FormatError || error instanceof RangeError) return 'invalid'
    throw error
  }
}

function coversBundle(signature: AppleSignature, { infoPlist, codeResources }: ProgramContext): boolean | undefined {
  return allOf([
    infoPlist === undefined || coversFile(signature, 1, infoPlist),
    codeResources === undefined || coversFile(signature, 3, codeResources),
  ])
}

async function coversCode(
  slice: MachoSlice,
  signature: AppleSignature,
  { overCode }: ProgramContext,
): Promise<boolean | undefined> {
  // What the App Store encrypted after signing has other hashes.
  if (overCode === undefined || slice.isEncrypted) return undefined
  return overCode((code) => matchesCodeHashes(code, slice.offset, slice.signature!.offset, signature.directories))
}

interface Findings {
  readonly found: readonly AppleSignature[]
  readonly told: readonly Signature[]
  readonly unsigned: readonly MachoSlice[]
  readonly checks: Check[]
}

function summary({ found, told, unsigned, checks }: Findings, context: ProgramContext): ProgramSignature {
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
