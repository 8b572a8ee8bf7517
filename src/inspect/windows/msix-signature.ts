import type { ByteSource } from '../../bytes/byte-source.ts'
import { decodeLatin1 } from '../../formats/decode-text.ts'
import { createHash } from '../../formats/file-hash.ts'
import { FormatError, FormatLimitError, isAboutBytes } from '../../formats/format-error.ts'
import { parseWindowsName } from '../../formats/signatures/distinguished-name.ts'
import type { HashName } from '../../formats/signatures/verify-signature.ts'
import type { Certificate } from '../../formats/signatures/x509.ts'
import {
  APPX_BLOCK_MAP,
  APPX_CODE_INTEGRITY,
  APPX_CONTENT_TYPES,
  APPX_SIGNATURE,
  type AppxIdentity,
} from '../../formats/windows/appx.ts'
import { appxArchiveDigests, parseAppxDigests } from '../../formats/windows/appx-digest.ts'
import { isSameDigest } from '../../formats/windows/authenticode.ts'
import type { Check, Signature } from '../../model/inspection.ts'
import { finding, quote } from '../finding.ts'
import type { InspectLimits } from '../inspector.ts'
import { wholePass } from '../whole-pass.ts'
import { judgeSignatures, readSignatures } from './authenticode.ts'
import { type MsixArchive, memberBytes, memberOf } from './msix-archive.ts'

/** Real ones have up to 20 KiB. */
const MAX_SIGNATURE_BYTES = 1 << 20
/** A block map has 75 bytes for each 64 KiB, a catalog some 100 bytes for each program. */
const MAX_DIGESTED_BYTES = 32 << 20

const FAMILY = { code: 'msix', scheme: 'msix', noun: 'package' } as const

/** The signature of a package, held against all bytes and against the publisher. */
export async function inspectMsixSignature(
  archive: MsixArchive,
  identity: AppxIdentity,
  limits: InspectLimits,
): Promise<{ signatures: Signature[]; checks: Check[] }> {
  const { source, directory, budget } = archive
  if (memberOf(directory, APPX_SIGNATURE) === undefined) {
    const words = 'The package is not signed: Windows does not install it'
    return { signatures: [], checks: [finding('warning', 'msix.unsigned', words)] }
  }
  try {
    const bytes = await memberBytes(archive, APPX_SIGNATURE, MAX_SIGNATURE_BYTES)
    if (bytes === undefined || decodeLatin1(bytes.subarray(0, 4)) !== 'PKCX')
      throw new FormatError('Cannot read package signature: wrong magic')
    const read = readSignatures([bytes.subarray(4)])
    const names = read.readable.flatMap((signature) => signature.hash ?? [])
    const archiveDigests = await wholePass(source, budget, (pass: ByteSource) =>
      appxArchiveDigests(source, pass, directory, names),
    )
    const [types, blockMap, integrity] = [
      await memberBytes(archive, APPX_CONTENT_TYPES, MAX_DIGESTED_BYTES),
      await memberBytes(archive, APPX_BLOCK_MAP, MAX_DIGESTED_BYTES),
      await memberBytes(archive, APPX_CODE_INTEGRITY, MAX_DIGESTED_BYTES),
    ]
    const actualBy = new Map<HashName, ReadonlyMap<string, Uint8Array | undefined>>()
    for (const hash of new Set(names)) {
      budget.tick()
      const over = (member: Uint8Array | undefined) => member && createHash(hash).update(member).digest()
      const digests = archiveDigests.get(hash)
      actualBy.set(
        hash,
        new Map([
          ['AXPC', digests?.members],
          ['AXCD', digests?.directory],
          ['AXCT', over(types)],
          ['AXBM', over(blockMap)],
          ...(integrity === undefined ? [] : [['AXCI', over(integrity)] as const]),
        ]),
      )
    }
    const isFileDigest = (hash: HashName, digest: Uint8Array): boolean => {
      const wanted = parseAppxDigests(digest, hash)
      const actual = actualBy.get(hash)
      return (
        actual !== undefined &&
        wanted.size === actual.size &&
        [...actual].every(([name, value]) => {
          const named = wanted.get(name)
          return named !== undefined && value !== undefined && isSameDigest(named, value)
        })
      )
    }
    const judged = await judgeSignatures(FAMILY, read, isFileDigest, limits)
    const certificate = read.readable[0]?.signer.certificate
    if (certificate !== undefined && !isPublisher(identity.publisher, certificate)) {
      const words = `The publisher of the package, ${quote(identity.publisher)}, is not the subject of its signer, ${quote(certificate.subject)}: it will not install`
      judged.checks.push(finding('warning', 'msix.publisher_differs', words))
    }
    return judged
  } catch (error) {
    if (!isAboutBytes(error)) throw error
    if (error instanceof FormatLimitError) throw error
    const words = 'The signature of the package cannot be read, or is not where it has to be'
    return {
      signatures: [{ scheme: 'msix', state: 'invalid' }],
      checks: [finding('error', 'msix.signature_invalid', words)],
    }
  }
}

/** Windows holds the publisher against the subject of the signer part by part, and in order. */
function isPublisher(publisher: string, certificate: Certificate): boolean {
  try {
    const named = parseWindowsName(publisher)
    // Texts have the last part of a name first.
    const subject = certificate.subjectAttributes.toReversed()
    return (
      named.length === subject.length &&
      named.every(({ type, value }, i) => type === subject[i]!.type && value === subject[i]!.value)
    )
  } catch (error) {
    if (error instanceof FormatError) return false
    throw error
  }
}
