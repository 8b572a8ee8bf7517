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
 * A certificate is public, so anyone can put it beside other bytes: of Android and Windows only a signature counts that
 * was verified over the bytes. Apple's is not verified for every format, and its team id counts as it is told.
 */
export function signersOf(inspection: Inspection): Signer[] {
  const kind = signerKind(inspection.format)
  if (kind === undefined) return []
  const signatures = inspection.signatures ?? []
  if (kind === 'apple') {
    const team = inspection.profile?.teamId ?? teamOf(signatures)
    return team === undefined ? [] : [{ kind, id: team, succeeds: [] }]
  }
  const valid = signatures.filter(({ state }) => state === 'valid')
  const signers = new Map<string, Signer>()
  for (const { certificateSha256, signer, lineage } of valid) {
    const id = kind === 'android' ? certificateSha256 : signer
    if (id !== undefined && !signers.has(id)) signers.set(id, { kind, id, succeeds: lineage ?? [] })
  }
  return [...signers.values()]
}

/** The organizational unit of the first certificate of Apple's kind: ten letters and digits. */
function teamOf(signatures: readonly Signature[]): string | undefined {
  for (const { scheme, state, signer } of signatures) {
    if (state === 'invalid' || (scheme !== 'apple' && scheme !== 'xar') || signer === undefined) continue
    const team = nameParts(signer).find(({ type, value }) => type === 'OU' && /^[A-Z0-9]{10}$/.test(value))
    if (team !== undefined) return team.value
  }
  return undefined
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
