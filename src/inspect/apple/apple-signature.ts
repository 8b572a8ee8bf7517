import { toHex } from '../../bytes/encoding.ts'
import { coversBlobs, hasSpecialHash, matchesSpecialHash } from '../../formats/apple/code-pages.ts'
import {
  type CodeDirectory,
  type CodeSignature,
  CS_ADHOC,
  CS_LINKER_SIGNED,
  CS_RUNTIME,
  parseCodeSignature,
} from '../../formats/apple/code-signature.ts'
import { decodePlist } from '../../formats/apple/plist.ts'
import { isPlistDict, type PlistDict } from '../../formats/apple/plist-value.ts'
import { isAboutBytes } from '../../formats/format-error.ts'
import { parseSignedData, type Signer, verifySignerOf } from '../../formats/signatures/cms.ts'
import { timestampOf } from '../../formats/signatures/timestamp.ts'
import { type Certificate, subjectPart } from '../../formats/signatures/x509.ts'
import type { Signature } from '../../model/inspection.ts'
import { certificateFacts } from '../signature-facts.ts'

/**
 * Who signed, weakest first. From `other` on it is what the certificate calls itself: nothing is said about whether
 * Apple issued it.
 */
export const SIGNING_KINDS = [
  'linker-signed',
  'ad-hoc',
  'other',
  'apple-development',
  'apple-distribution',
  'app-store',
  'developer-id',
  'apple',
] as const
export type SigningKind = (typeof SIGNING_KINDS)[number]

/** Starts of common names in certificates that Apple issues (Apple, TN3125 and TN3126). */
const NAMES: readonly (readonly [string, SigningKind])[] = [
  ['Developer ID Application:', 'developer-id'],
  ['Developer ID Installer:', 'developer-id'],
  ['Apple Development:', 'apple-development'],
  ['iPhone Developer:', 'apple-development'],
  ['Mac Developer:', 'apple-development'],
  ['Apple Distribution:', 'apple-distribution'],
  ['iPhone Distribution:', 'apple-distribution'],
  ['3rd Party Mac Developer', 'apple-distribution'],
  ['Apple iPhone OS Application Signing', 'app-store'],
  ['Apple Mac OS Application Signing', 'app-store'],
  ['TestFlight Beta Distribution', 'app-store'],
  ['Software Signing', 'apple'],
]

export function signingKindOf(certificate: Certificate | undefined): SigningKind {
  const name = certificate === undefined ? '' : (subjectPart(certificate, 'CN') ?? '')
  return NAMES.find(([start]) => name.startsWith(start))?.[1] ?? 'other'
}

/** One code signature: of a slice of a program, or of a disk image. */
export interface AppleSignature {
  readonly kind: SigningKind
  readonly identifier: string
  readonly teamId: string | undefined
  readonly isHardened: boolean
  /** Lower-case hex. */
  readonly cdHash: string | undefined
  readonly hasTicket: boolean
  readonly certificate: Certificate | undefined
  readonly signedAt: Date | undefined
  readonly entitlements: PlistDict | undefined
  readonly hasEntitlementsDer: boolean
  readonly directories: readonly CodeDirectory[]
  /** Whether signer and directory cover each other, and the directory the parts beside it; not whether the code is theirs. */
  readonly holds: boolean | undefined
}

/** @throws FormatError, RangeError when cut off */
export async function readAppleSignature(bytes: Uint8Array): Promise<AppleSignature> {
  const signature = parseCodeSignature(bytes)
  const [primary] = signature.directories
  const best = signature.directories.find((directory) => directory.hashType === 2) ?? primary!
  const signer = signerOf(signature)
  const isAdHoc = signature.cms === undefined || (primary!.flags & CS_ADHOC) !== 0
  return {
    kind: !isAdHoc
      ? signingKindOf(signer?.certificate)
      : (primary!.flags & CS_LINKER_SIGNED) !== 0
        ? 'linker-signed'
        : 'ad-hoc',
    identifier: best.identifier,
    teamId: best.teamId,
    isHardened: (best.flags & CS_RUNTIME) !== 0,
    cdHash: best.cdHash && toHex(best.cdHash),
    hasTicket: signature.hasTicket,
    certificate: isAdHoc ? undefined : signer?.certificate,
    signedAt: isAdHoc || signer === undefined ? undefined : await timestampOf(signer),
    entitlements: entitlementsOf(signature),
    hasEntitlementsDer: signature.hasEntitlementsDer,
    directories: signature.directories,
    holds: allOf([coversBlobs(signature), isAdHoc ? true : await isSignedBy(signer, primary!)]),
  }
}

function signerOf(signature: CodeSignature): Signer | undefined {
  if (signature.cms === undefined) return undefined
  return optional(() => parseSignedData(signature.cms!).signers[0])
}

async function isSignedBy(signer: Signer | undefined, directory: CodeDirectory): Promise<boolean | undefined> {
  if (signer === undefined) return undefined
  try {
    const verdict = await verifySignerOf(signer, directory.bytes)
    return verdict === 'unsupported' ? undefined : verdict === 'valid'
  } catch (error) {
    if (isAboutBytes(error)) return false
    throw error
  }
}

function entitlementsOf(signature: CodeSignature): PlistDict | undefined {
  const { entitlementsXml } = signature
  const value = entitlementsXml && optional(() => decodePlist(entitlementsXml))
  return isPlistDict(value) ? value : undefined
}

/** What cannot be read of a part that the rest does not need. */
function optional<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

/** True when all are, false when one is, else undefined: one could not be told. */
export function allOf(verdicts: readonly (boolean | undefined)[]): boolean | undefined {
  if (verdicts.includes(false)) return false
  return verdicts.includes(undefined) ? undefined : true
}

/**
 * Whether a file of the bundle is the one that was signed. True when the signature does not speak of it, as that of a
 * linker. @param slot 1 `Info.plist`, 3 `CodeResources` @param bytes undefined when the bundle has no such file
 */
export function coversFile(signature: AppleSignature, slot: 1 | 3, bytes: Uint8Array | undefined): boolean | undefined {
  return allOf(
    signature.directories.map((directory) => {
      if (!hasSpecialHash(directory, slot)) return true
      return bytes === undefined ? false : matchesSpecialHash(directory, slot, bytes)
    }),
  )
}

/** Whether the signature speaks of `CodeResources`, and so of the files that are listed there. */
export function sealsResources(signature: AppleSignature): boolean {
  return signature.directories.some((directory) => hasSpecialHash(directory, 3))
}

/** Whether the signature of every directory speaks of `Info.plist`. */
export function sealsInfo(signature: AppleSignature): boolean {
  return signature.directories.every((directory) => hasSpecialHash(directory, 1))
}

/** The signature as it is told. @param holds whether it covers the bytes; undefined when that was not checked */
export async function signatureFacts(signature: AppleSignature, holds: boolean | undefined): Promise<Signature> {
  const { certificate, signedAt } = signature
  return {
    scheme: 'apple',
    state: holds === undefined ? 'unverified' : holds ? 'valid' : 'invalid',
    ...(await certificateFacts(certificate)),
    ...(signedAt === undefined ? {} : { signedAt: signedAt.toISOString() }),
  }
}
