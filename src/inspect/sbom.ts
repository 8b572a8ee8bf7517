import type { ByteSource } from '../bytes/byte-source.ts'
import { JsonLimitError, parseStrictJson } from '../bytes/strict-json.ts'
import type { Budget } from '../formats/budget.ts'
import { decodeLatin1, decodeUtf8 } from '../formats/decode-text.ts'
import type { BillOfMaterials } from '../formats/document/bill-of-materials.ts'
import { readCycloneDx } from '../formats/document/cyclonedx.ts'
import { readCycloneDxHead, readCycloneDxXml } from '../formats/document/cyclonedx-xml.ts'
import { readSpdx2, readSpdx3 } from '../formats/document/spdx.ts'
import { readSpdxHead, readSpdxTags } from '../formats/document/spdx-tags.ts'
import { MAX_XML_BYTES } from '../formats/document/xml.ts'
import { FormatError, FormatLimitError } from '../formats/format-error.ts'
import type { Inspection, InspectionReport } from '../model/inspection.ts'
import { displayText, finding } from './finding.ts'
import { InspectionError, type Inspector } from './inspector.ts'
import { reading } from './reading.ts'

const HEAD_BYTES = 4096
/** Of JSON and of tags: held in memory with all its values. */
const MAX_TEXT_BYTES = 16 << 20
const MAX_JSON_VALUES = 250_000
/** What one document is about is one file, or the few of one build. */
const MAX_SUBJECTS = 200

/**
 * Software bills of materials: CycloneDX in JSON and XML, SPDX 2 in JSON and in tags and values, SPDX 3 in JSON. All of
 * them name themselves early.
 */
export const sbomInspector: Inspector = {
  name: 'sbom',
  format: 'sbom',
  async sniff(head) {
    return formOf(head) !== undefined
  },
  inspect: (source, limits) => reading('sbom', limits, (budget) => inspectBill(source, budget)),
}

/** How a document is written. */
interface Form {
  readonly maxBytes: number
  /** What the first lines tell, for a document that is not read further. */
  readonly head?: BillOfMaterials
  /** @throws FormatError, FormatLimitError for a document beyond what is read of this form, InspectionError */
  read(bytes: Uint8Array, budget: Budget): BillOfMaterials | undefined
}

const JSON_FORM: Form = { maxBytes: MAX_TEXT_BYTES, read: readJson }

function formOf(head: Uint8Array): Form | undefined {
  const text = decodeLatin1(head)
  if (isJsonBill(text)) return JSON_FORM
  const unmarked = text.replace(/^\u00ef\u00bb\u00bf/, '')
  const cycloneDx = readCycloneDxHead(unmarked)
  if (cycloneDx !== undefined) return { maxBytes: MAX_XML_BYTES, head: cycloneDx, read: readCycloneDxXml }
  const spdx = readSpdxHead(unmarked)
  return spdx && { maxBytes: MAX_TEXT_BYTES, head: spdx, read: readTags }
}

function isJsonBill(head: string): boolean {
  return (
    /^(?:\u00ef\u00bb\u00bf)?\s{0,60}\{/.test(head) &&
    /"bomFormat"\s{0,60}:\s{0,60}"CycloneDX"|"spdxVersion"\s{0,60}:\s{0,60}"SPDX-|"SPDXID"\s{0,60}:\s{0,60}"SPDXRef-DOCUMENT"|"@context"\s{0,60}:\s{0,60}"https:\/\/spdx\.org\/rdf\/3\./.test(
      head,
    )
  )
}

function readJson(bytes: Uint8Array, { tick }: Budget): BillOfMaterials | undefined {
  let json: unknown
  try {
    json = parseStrictJson(textOf(bytes, 'JSON'), { maxValues: MAX_JSON_VALUES, tick })
  } catch (cause) {
    if (cause instanceof JsonLimitError) throw new FormatLimitError(cause.message, { cause })
    if (cause instanceof FormatError || !(cause instanceof SyntaxError)) throw cause
    throw new InspectionError('sbom', cause.message, { cause })
  }
  return readCycloneDx(json) ?? readSpdx2(json) ?? readSpdx3(json)
}

function readTags(bytes: Uint8Array, { tick }: Budget): BillOfMaterials | undefined {
  return readSpdxTags(textOf(bytes, 'the SPDX document'), tick)
}

function textOf(bytes: Uint8Array, what: string): string {
  return decodeUtf8(bytes, what).replace(/^\ufeff/, '')
}

async function inspectBill(source: ByteSource, budget: Budget): Promise<InspectionReport> {
  const { maxBytes, head, read } = formOf(await source.read(0, Math.min(HEAD_BYTES, source.sizeBytes))) ?? JSON_FORM
  const partly = (why: string): InspectionReport => ({
    inspection: inspectionOf(head),
    checks: [finding('info', 'sbom.partly_read', `${why}; what it describes was not read`)],
  })
  if (source.sizeBytes > maxBytes) return partly(`The document is larger than ${maxBytes} bytes`)
  const bytes = await source.read(0, source.sizeBytes)
  let bill: BillOfMaterials | undefined
  try {
    bill = read(bytes, budget)
  } catch (error) {
    if (!(error instanceof FormatLimitError)) throw error
    // It may have been the clock, which ends the whole inspection.
    budget.tick()
    return partly(error.message)
  }
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
