import { told } from './tool.ts'

/** Where the sections of an ELF file end by what readelf says: where an AppImage has its files. */
export async function payloadOffset(file: string): Promise<number> {
  const header = String(await told('readelf', ['--file-header', file]))
  const number = (pattern: RegExp) => Number(pattern.exec(header)?.[1])
  const start = number(/Start of section headers: +(\d+)/)
  return start + number(/Size of section headers: +(\d+)/) * number(/Number of section headers: +(\d+)/)
}
