import type { Budget } from '../formats/budget.ts'
import { MAX_CODE_SIGNATURE_BYTES } from '../formats/code-signature.ts'
import { isDmg, isEncryptedDmg, readDmgTrailer } from '../formats/dmg.ts'
import { FormatError } from '../formats/format-error.ts'
import type { Check, Inspection, InspectionReport } from '../model/inspection.ts'
import { type AppleSignature, readAppleSignature, signatureFacts } from './apple-signature.ts'
import { exactText, finding } from './finding.ts'
import type { ArtifactSource, InspectLimits, Inspector } from './inspector.ts'
import { reading } from './reading.ts'
import { validityChecks } from './validity.ts'

/** 8 EiB and more are no size of an image. */
const MAX_SECTORS = 2 ** 44

/**
 * Disk images of macOS (UDIF). Read: the trailer and the code signature, of which the signer is verified and the ticket
 * of notarization looked for. Not read: the packed volume, so names, versions and the hashes of its bytes.
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
  const { signature: place, sectors } = await readDmgTrailer(source)
  const size = sectors > 0 && sectors < MAX_SECTORS ? { imageBytes: sectors * 512 } : {}
  budget.tick()
  if (place === undefined) {
    const words = 'The disk image is not signed: nothing tells who made it'
    return {
      inspection: { ...BASE, signatures: [], facts: { ...size, notarization: 'none' } },
      checks: [finding('warning', 'dmg.unsigned', words)],
    }
  }
  const signature =
    place.sizeBytes > MAX_CODE_SIGNATURE_BYTES
      ? undefined
      : await readable(await source.read(place.offset, place.sizeBytes))
  if (signature === undefined) {
    const words = 'The code signature of the disk image cannot be read: Macs refuse it'
    return {
      inspection: { ...BASE, signatures: [{ scheme: 'apple', state: 'invalid' }], facts: size },
      checks: [finding('error', 'dmg.signature_invalid', words)],
    }
  }
  // The hashes of the image itself are not looked at, so that it holds is not known.
  const state = signature.holds === false ? false : undefined
  const identifier = exactText(signature.identifier)
  const teamId = exactText(signature.teamId)
  return {
    inspection: {
      ...BASE,
      signatures: [await signatureFacts(signature, state)],
      facts: {
        ...size,
        codeSignature: signature.kind,
        ...(identifier === undefined ? {} : { codeIdentifier: identifier }),
        ...(teamId === undefined ? {} : { teamId }),
        ...(signature.cdHash === undefined ? {} : { cdHashes: [signature.cdHash] }),
        notarization: signature.hasTicket ? 'stapled' : 'none',
      },
    },
    checks: signatureChecks(signature, limits),
  }
}

async function readable(bytes: Uint8Array): Promise<AppleSignature | undefined> {
  try {
    return await readAppleSignature(bytes)
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return undefined
    throw error
  }
}

function signatureChecks(signature: AppleSignature, limits: InspectLimits): Check[] {
  const checks: Check[] = []
  const { certificate, kind, signedAt } = signature
  if (signature.holds === false) {
    const words = 'The code signature of the disk image was changed after it was made: Macs refuse it'
    checks.push(finding('error', 'dmg.signature_invalid', words))
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
