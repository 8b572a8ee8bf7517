import { matchesCodeHashes, matchesSpecialHash } from '../../formats/apple/code-pages.ts'
import { MAX_CODE_SIGNATURE_BYTES } from '../../formats/apple/code-signature.ts'
import { type DmgTrailer, isDmg, isEncryptedDmg, readDmgTrailer } from '../../formats/apple/dmg.ts'
import type { Budget } from '../../formats/budget.ts'
import { FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import type { Check, Inspection, InspectionReport } from '../../model/inspection.ts'
import { exactText, finding } from '../finding.ts'
import type { ArtifactSource, InspectLimits, Inspector } from '../inspector.ts'
import { reading } from '../reading.ts'
import { validityChecks } from '../validity.ts'
import { wholePass } from '../whole-pass.ts'
import { type AppleSignature, allOf, readAppleSignature, signatureFacts } from './apple-signature.ts'

/** 8 EiB and more are no size of an image. */
const MAX_SECTORS = 2 ** 44

/**
 * Disk images of macOS (UDIF). Read: the trailer and the code signature, which is verified over the file, and whether a
 * ticket of notarization is stapled. Not read: the packed volume, so names and versions in it.
 */
export const dmgInspector: Inspector = {
  name: 'dmg',
  format: 'dmg',
  async sniff(head, source) {
    return isEncryptedDmg(head) || isDmg(source)
  },
  inspect: (source, limits) =>
    reading('dmg', limits, async (budget) => {
      const head = await source.read(0, Math.min(8, source.sizeBytes))
      return isEncryptedDmg(head) ? encrypted() : inspectDmg(source, limits, budget)
    }),
}

const BASE = { format: 'dmg', platform: 'macos', install: 'file' } as const satisfies Inspection

function encrypted(): InspectionReport {
  const words = 'The disk image is encrypted: only people with the password can open it'
  return { inspection: BASE, checks: [finding('info', 'dmg.encrypted', words)] }
}

async function inspectDmg(source: ArtifactSource, limits: InspectLimits, budget: Budget): Promise<InspectionReport> {
  const trailer = await readDmgTrailer(source)
  const { signature: place, sectors } = trailer
  const size: Record<string, number> = sectors > 0 && sectors < MAX_SECTORS ? { imageBytes: sectors * 512 } : {}
  budget.tick()
  if (place === undefined) {
    const words = 'The disk image is not signed: nothing tells who made it'
    return {
      inspection: { ...BASE, signatures: [], facts: { ...size, notarization: 'none' } },
      checks: [finding('warning', 'dmg.unsigned', words)],
    }
  }
  if (place.sizeBytes > MAX_CODE_SIGNATURE_BYTES) throw new FormatLimitError('The code signature is too large')
  const signature = await readable(await source.read(place.offset, place.sizeBytes))
  if (signature === undefined) {
    const words = 'The code signature of the disk image cannot be read: Macs refuse it'
    return {
      inspection: { ...BASE, signatures: [{ scheme: 'apple', state: 'invalid' }], facts: size },
      checks: [finding('error', 'dmg.signature_invalid', words)],
    }
  }
  const holds =
    signature.holds === false ? false : allOf([signature.holds, await coversImage(source, trailer, signature, budget)])
  const identifier = exactText(signature.identifier)
  const teamId = exactText(signature.teamId)
  return {
    inspection: {
      ...BASE,
      // Anyone can hash an image: without a certificate nobody signed it, whatever matches.
      signatures: [await signatureFacts(signature, holds && signature.certificate === undefined ? undefined : holds)],
      facts: {
        ...size,
        codeSignature: signature.kind,
        ...(identifier === undefined ? {} : { codeIdentifier: identifier }),
        ...(teamId === undefined ? {} : { teamId }),
        ...(signature.cdHash === undefined ? {} : { cdHashes: [signature.cdHash] }),
        notarization: signature.hasTicket ? 'stapled' : 'none',
      },
    },
    checks: signatureChecks(signature, holds, limits),
  }
}

/** Of a disk image the trailer is what codesign calls "specific to the representation". */
const SLOT_TRAILER = 6

/**
 * A signature covers everything before it as one page, and the trailer. False when the image is another one. Undefined
 * when the image is the same and the signature does not cover all before it, or another trailer: tools that sign in
 * another way are not told from a changed trailer.
 */
async function coversImage(
  source: ArtifactSource,
  { signature: place, signedBytes }: DmgTrailer,
  { directories }: AppleSignature,
  budget: Budget,
): Promise<boolean | undefined> {
  const codeBytes = directories[0]?.codeLimit ?? 0
  if (codeBytes > place!.offset) return false
  const isSameImage = await wholePass(source, budget, (bytes) => matchesCodeHashes(bytes, 0, codeBytes, directories))
  if (isSameImage !== true) return isSameImage
  const coversAll =
    codeBytes === place!.offset &&
    directories.every((directory) => matchesSpecialHash(directory, SLOT_TRAILER, signedBytes) === true)
  return coversAll ? true : undefined
}

async function readable(bytes: Uint8Array): Promise<AppleSignature | undefined> {
  try {
    return await readAppleSignature(bytes)
  } catch (error) {
    if (isAboutBytes(error)) return undefined
    throw error
  }
}

function signatureChecks(signature: AppleSignature, holds: boolean | undefined, limits: InspectLimits): Check[] {
  const checks: Check[] = []
  const { certificate, kind, signedAt } = signature
  if (holds === false) {
    const words = 'The disk image is not what was signed: its code signature does not cover it, so Macs refuse it'
    checks.push(finding('error', 'dmg.signature_invalid', words))
  }
  if (holds === undefined) {
    const words =
      'Whether the code signature covers the disk image could not be verified: it is made in an unusual way, or the trailer of the image was changed'
    checks.push(finding('warning', 'dmg.signature_unverified', words))
  }
  if (certificate !== undefined)
    checks.push(
      ...validityChecks(
        {
          code: 'dmg.certificate',
          what: 'The certificate of the signer',
          validFrom: certificate.notBefore,
          validTo: certificate.notAfter,
          signedAt,
        },
        limits,
      ),
    )
  if (kind === 'ad-hoc' || kind === 'linker-signed')
    checks.push(finding('info', 'dmg.adhoc', 'The disk image is signed ad hoc: nothing tells who made it'))
  else if (kind === 'developer-id' && !signature.hasTicket) {
    const words = 'No notarization ticket is stapled to the disk image: Macs ask Apple for it when they open it first'
    checks.push(finding('info', 'dmg.not_notarized', words))
  }
  return checks
}
