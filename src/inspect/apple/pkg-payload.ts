import type { ByteSource } from '../../bytes/byte-source.ts'
import { toHex } from '../../bytes/encoding.ts'
import { type Xar, type XarFile, type XarPlace, xarHash } from '../../formats/archive/xar.ts'
import type { Budget } from '../../formats/budget.ts'
import { createHash, hashRange } from '../../formats/file-hash.ts'
import type { HashName } from '../../formats/signatures/verify-signature.ts'
import type { Check } from '../../model/inspection.ts'
import { finding, quote } from '../finding.ts'
import type { ArtifactSource } from '../inspector.ts'
import { wholePass } from '../whole-pass.ts'

/** Whether the files of a package are those that its table of contents names. */
export interface PkgPayload {
  /** Undefined when a file could not be held against the table. */
  readonly holds: boolean | undefined
  readonly checks: readonly Check[]
}

/** What lies at one place of the heap: files that are the same may share theirs. */
interface Range extends XarPlace {
  /** None for checksum and signatures of the table. */
  readonly files: XarFile[]
}

/**
 * Hashes every file of the heap. Only the table is signed, so what is installed is the signer's only when each file has
 * the checksum that the table says.
 *
 * @param ticketBytes behind the heap, which no table lists
 * @throws RangeError; errors of `source` pass unchanged
 */
export async function readPayload(
  source: ArtifactSource,
  xar: Xar,
  ticketBytes: number,
  budget: Budget,
): Promise<PkgPayload> {
  const ranges = rangesOf(xar)
  const { unlistedBytes, isOverlapping } = layoutOf(ranges, source.sizeBytes - xar.heapOffset - ticketBytes)
  const checks: Check[] = []
  // Some tools leave bytes behind the heap; of an unsigned package nothing is to be told from them.
  if (unlistedBytes > 0 && xar.signatures.length > 0) {
    const words = `The package holds ${unlistedBytes} bytes that its table of contents does not list: nobody signed them`
    checks.push(finding('warning', 'pkg.unlisted_bytes', words))
  }
  // Places that lie in each other would be hashed many times; no tool makes them.
  if (isOverlapping) return { holds: undefined, checks }
  const { damaged, isComplete } = await wholePass(source, budget, async (bytes) => {
    let isComplete = true
    for (const range of ranges) {
      const names = range.files.flatMap((file) => hashOf(file) ?? [])
      const digests = await digestsOf(bytes, xar.heapOffset + range.offset, range.sizeBytes, new Set(names))
      for (const file of range.files) {
        const name = hashOf(file)
        if (name === undefined) isComplete = false
        else if (digests.get(name) !== file.checksum?.hex) return { damaged: file, isComplete }
      }
    }
    return { damaged: undefined, isComplete }
  })
  if (damaged === undefined) return { holds: isComplete ? true : undefined, checks }
  const words = `The package is damaged: the file ${quote(damaged.path)} does not have its checksum`
  return { holds: false, checks: [...checks, finding('error', 'pkg.payload_mismatch', words)] }
}

/** Lower-case hex, of all hashes in one reading. */
async function digestsOf(
  source: ByteSource,
  start: number,
  sizeBytes: number,
  names: ReadonlySet<HashName>,
): Promise<ReadonlyMap<HashName, string>> {
  const hashes = [...names].map((name) => ({ name, hash: createHash(name) }))
  if (hashes.length > 0)
    await hashRange(source, start, start + sizeBytes, {
      update(piece) {
        for (const { hash } of hashes) hash.update(piece)
      },
    })
  return new Map(hashes.map(({ name, hash }) => [name, toHex(hash.digest())]))
}

function hashOf({ checksum }: XarFile): HashName | undefined {
  return checksum && xarHash(checksum.style)
}

/** In the order of the heap; without places that hold nothing. */
function rangesOf({ checksum, signatures, files, attributes }: Xar): Range[] {
  const ranges = new Map<string, Range>()
  const rangeAt = ({ offset, sizeBytes }: XarPlace): Range => {
    const key = `${offset}+${sizeBytes}`
    const range = ranges.get(key) ?? { offset, sizeBytes, files: [] }
    ranges.set(key, range)
    return range
  }
  for (const place of [...(checksum === undefined ? [] : [checksum]), ...signatures]) rangeAt(place)
  for (const file of [...files, ...attributes]) rangeAt(file).files.push(file)
  return [...ranges.values()].filter(({ sizeBytes }) => sizeBytes > 0).sort((a, b) => a.offset - b.offset)
}

/** @param heapBytes up to where the archive ends */
function layoutOf(
  ranges: readonly Range[],
  heapBytes: number,
): { readonly unlistedBytes: number; readonly isOverlapping: boolean } {
  let end = 0
  let unlistedBytes = 0
  let isOverlapping = false
  for (const { offset, sizeBytes } of ranges) {
    if (offset < end) isOverlapping = true
    else unlistedBytes += offset - end
    end = Math.max(end, offset + sizeBytes)
  }
  return { unlistedBytes: unlistedBytes + Math.max(0, heapBytes - end), isOverlapping }
}
