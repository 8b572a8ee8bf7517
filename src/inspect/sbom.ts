import type { ByteSource } from '../bytes/byte-source.ts'
import { JsonLimitError, parseStrictJson } from '../bytes/strict-json.ts'
import type { Budget } from '../formats/budget.ts'
import { decodeLatin1, decodeUtf8 } from '../formats/decode-text.ts'
import type { BillOfMaterials } from '../formats/document/bill-of-materials.ts'
import { readCycloneDx, readCycloneDxHead } from '../formats/document/cyclonedx.ts'
import { readSpdx2, readSpdx3, readSpdxHead } from '../formats/document/spdx.ts'
import { FormatError } from '../formats/format-error.ts'
import type { Inspection, InspectionReport } from '../model/inspection.ts'
import { displayText, finding } from './finding.ts'
import { InspectionError, type Inspector } from './inspector.ts'
import { reading } from './reading.ts'

const HEAD_BYTES = 4096
/** Held in memory with all its values. */
const MAX_JSON_BYTES = 16 << 20
const MAX_JSON_VALUES = 250_000
/** What one document is about is one file, or the few of one build. */
const MAX_SUBJECTS = 200

/**
 * Software bills of materials. JSON is read: CycloneDX, SPDX 2 and SPDX 3. CycloneDX in XML and SPDX in tags and values
 * are recognised by their first lines. All of them name themselves early.
 */
export const sbomInspector: Inspector = {
  name: 'sbom',
  format: 'sbom',
  async sniff(head) {
    const text = decodeLatin1(head)
    return isJsonBill(text) || headOf(text) !== undefined
  },
  inspect: (source, limits) => reading('sbom', limits, (budget) => inspectBill(source, budget)),
}

function isJsonBill(head: string): boolean {
  return (
    /^(?:\u00ef\u00bb\u00bf)?\s{0,60}\{/.test(head) &&
    /"bomFormat"\s{0,60}:\s{0,60}"CycloneDX"|"spdxVersion"\s{0,60}:\s{0,60}"SPDX-|"SPDXID"\s{0,60}:\s{0,60}"SPDXRef-DOCUMENT"|"@context"\s{0,60}:\s{0,60}"https:\/\/spdx\.org\/rdf\/3\./.test(
      head,
    )
  )
}

function headOf(head: string): BillOfMaterials | undefined {
  const text = head.replace(/^\u00ef\u00bb\u00bf/, '')
  return readCycloneDxHead(text) ?? readSpdxHead(text)
}

async function inspectBill(source: ByteSource, budget: Budget): Promise<InspectionReport> {
  const text = decodeLatin1(await source.read(0, Math.min(HEAD_BYTES, source.sizeBytes)))
  const byHead = isJsonBill(text) ? undefined : headOf(text)
  if (byHead !== undefined) return { inspection: inspectionOf(byHead), checks: [] }
  const partly = (why: string): InspectionReport => ({
    inspection: inspectionOf(undefined),
    checks: [finding('info', 'sbom.partly_read', `The document is large (${why}): what it describes was not read`)],
  })
  if (source.sizeBytes > MAX_JSON_BYTES) return partly(`${source.sizeBytes} bytes`)
  let json: unknown
  try {
    const whole = decodeUtf8(await source.read(0, source.sizeBytes), 'JSON').replace(/^\ufeff/, '')
    json = parseStrictJson(whole, { maxValues: MAX_JSON_VALUES, tick: budget.tick })
  } catch (cause) {
    if (cause instanceof JsonLimitError) return partly(`more than ${MAX_JSON_VALUES} values`)
    if (cause instanceof FormatError || !(cause instanceof SyntaxError)) throw cause
    throw new InspectionError('sbom', cause.message, { cause })
  }
  const bill = readCycloneDx(json) ?? readSpdx2(json) ?? readSpdx3(json)
  if (bill === undefined) throw new InspectionError('sbom', 'The document is neither CycloneDX nor SPDX')
  return { inspection: inspectionOf(bill), checks: [] }
}

function inspectionOf(bill: BillOfMaterials | undefined): Inspection {
  const inspection: Inspection = { format: 'sbom', platform: 'any', arch: 'any', install: 'file' }
  if (bill === undefined) return inspection
  const facts: NonNullable<Inspection['facts']> = { standard: bill.standard }
  const fact = (name: string, text: string | undefined) => {
    const shown = displayText(text)
    if (shown !== undefined) facts[name] = shown
  }
  const list = (name: string, texts: readonly (string | undefined)[]) => {
    const shown = [...new Set(texts.flatMap((text) => displayText(text) ?? []))].slice(0, MAX_SUBJECTS)
    if (shown.length > 0) facts[name] = shown
  }
  fact('specVersion', bill.specVersion)
  fact('serialNumber', bill.id)
  const subjects = bill.subjects.slice(0, MAX_SUBJECTS)
  if (subjects.length === 1) {
    fact('componentName', subjects[0]!.name)
    fact('componentVersion', subjects[0]!.version)
  }
  if (bill.count !== undefined) facts.components = bill.count
  list(
    'describesFiles',
    subjects.map(({ fileName }) => fileName),
  )
  list(
    'describesSha256',
    subjects.flatMap(({ sha256 }) => sha256),
  )
  return { ...inspection, facts }
}
