import type { Inspection, Signature } from '../model/inspection.ts'
import type { Format } from '../model/platform.ts'

/**
 * Who signed an artifact, in the words by which its platform tells one signer from another. A device goes by this when it
 * decides whether a file updates what is installed.
 */
export interface Signer {
  readonly kind: 'android' | 'apple' | 'windows'
  /** SHA-256 of the certificate, Apple's team id, or the subject of the certificate. */
  readonly id: string
  /** Of the certificate, where there is one. */
  readonly certificateSha256: string | undefined
  /** Earlier ids that this one proves to succeed. */
  readonly succeeds: readonly string[]
}

/** Formats whose signer a device asks for. An AAB is not among them: a store signs what it makes of it anew. */
const SIGNED: Readonly<Partial<Record<Format, Signer['kind']>>> = {
  apk: 'android',
  apks: 'android',
  xapk: 'android',
  ipa: 'apple',
  'app-zip': 'apple',
  macho: 'apple',
  dmg: 'apple',
  pkg: 'apple',
  exe: 'windows',
  pe: 'windows',
  msi: 'windows',
  msix: 'windows',
  appx: 'windows',
  msixbundle: 'windows',
}

export function signerKind(format: Format): Signer['kind'] | undefined {
  return SIGNED[format]
}

/**
 * The signers of an artifact; none when it is unsigned or is not signed in the sense of its platform.
 *
 * A certificate is public, so anyone can put it beside other bytes: only signatures count that were verified over the
 * bytes. Of Apple's, which has one for each CPU, all have to hold and to be of one team, and a profile has to agree.
 */
export function signersOf(inspection: Inspection): Signer[] {
  return signersIn(inspection, ({ state }) => state === 'valid')
}

/** As {@link signersOf}, and where nothing was verified whom the file names: enough to tell that somebody else signed. */
export function namedSignersOf(inspection: Inspection): Signer[] {
  const verified = signersOf(inspection)
  return verified.length > 0 ? verified : signersIn(inspection, ({ state }) => state !== 'invalid')
}

function signersIn(inspection: Inspection, counts: (signature: Signature) => boolean): Signer[] {
  const kind = signerKind(inspection.format)
  const signatures = inspection.signatures ?? []
  if (kind === undefined || signatures.length === 0) return []
  if (kind === 'apple') {
    const team = signatures.every(counts) ? teamOf(inspection, signatures) : undefined
    const { certificateSha256 } = signatures[0]!
    return team === undefined ? [] : [{ kind, id: team, certificateSha256, succeeds: [] }]
  }
  const signers = new Map<string, Signer>()
  for (const { certificateSha256, signer, lineage } of signatures.filter(counts)) {
    const id = kind === 'android' ? certificateSha256 : signer
    if (id !== undefined && !signers.has(id)) signers.set(id, { kind, id, certificateSha256, succeeds: lineage ?? [] })
  }
  return [...signers.values()]
}

/** The team that every part of the file is signed by; none when one is of nobody, or another team's. */
function teamOf(inspection: Inspection, signatures: readonly Signature[]): string | undefined {
  const teams = new Set(signatures.map(({ signer }) => signer && teamIn(signer)))
  if (inspection.profile?.teamId !== undefined) teams.add(inspection.profile.teamId)
  if (inspection.facts?.unsignedSlices !== undefined) teams.add(undefined)
  return teams.size === 1 ? [...teams][0] : undefined
}

/** The organizational unit of a certificate of Apple's kind: ten letters and digits. */
function teamIn(signer: string): string | undefined {
  return nameParts(signer).find(({ type, value }) => type === 'OU' && /^[A-Z0-9]{10}$/.test(value))?.value
}

/** The parts of a distinguished name as certificates are told: `CN=Example, O=Example\, Inc`. */
export function nameParts(name: string): { readonly type: string; readonly value: string }[] {
  return name.split(/(?<!\\), /).map((part) => {
    const [type = '', ...value] = part.split('=')
    return { type, value: value.join('=').replaceAll(/\\(.)/g, '$1') }
  })
}

/** Whether a device that has what `before` signed takes what these signers signed as an update. */
export function continues(before: readonly Signer[], after: readonly Signer[]): boolean {
  return after.some(({ id, succeeds }) => before.some((old) => old.id === id || succeeds.includes(old.id)))
}
