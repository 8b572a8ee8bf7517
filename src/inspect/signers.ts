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

/** Schemes of APK signatures, newest first. Android goes by the newest that it knows, and never looks at the others. */
const APK_SCHEMES = ['apk-v3.1', 'apk-v3', 'apk-v2', 'apk-v1'] as const

interface Generation {
  readonly signers: readonly Signer[]
  readonly areVerified: boolean
}

/**
 * The signers that each generation of devices goes by: one for every scheme of an APK, newest devices first; of other
 * formats there is one generation. Where nothing was verified they are those whom the file names.
 */
function generationsOf(inspection: Inspection): Generation[] {
  const generation = (isOf: (signature: Signature) => boolean): Generation => {
    const verified = signersIn(inspection, (signature) => signature.state === 'valid' && isOf(signature))
    if (verified.length > 0) return { signers: verified, areVerified: true }
    const named = signersIn(inspection, (signature) => signature.state !== 'invalid' && isOf(signature))
    return { signers: named, areVerified: false }
  }
  if (signerKind(inspection.format) !== 'android') return [generation(() => true)]
  return APK_SCHEMES.map((_, i) => {
    const known = APK_SCHEMES.slice(i)
    const newest = known.find((scheme) => inspection.signatures?.some((signature) => signature.scheme === scheme))
    return generation(({ scheme }) => scheme === newest)
  })
}

/** The signers that a file has for any device, in the order of their ids, and whether each was verified. */
export function nameSigners(inspection: Inspection): { readonly id: string; readonly verified: boolean }[] {
  const names = new Map<string, boolean>()
  for (const { signers, areVerified } of generationsOf(inspection)) {
    for (const { id } of signers) names.set(id, names.get(id) === true || areVerified)
  }
  return [...names].map(([id, verified]) => ({ id, verified })).sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** Whom a device has, and by whom it is offered an update that it does not take. */
export interface SignerChange {
  readonly before: Signer
  /** Absent where the update has no signature that holds. */
  readonly after?: Signer
  /** False where `after` is a name in a file that nobody proved. */
  readonly isVerified?: boolean
}

/**
 * Why a device that has `before` refuses `after` as an update; undefined when it takes it, or when `before` is unsigned.
 * A certificate is public, so a name that was not verified continues only another that was not.
 */
export function signerChange(before: Inspection, after: Inspection): SignerChange | undefined {
  const olds = generationsOf(before)
  const news = generationsOf(after)
  const [held] = olds.flatMap(({ signers }) => signers)
  if (held === undefined) return undefined
  if (news.every(({ signers }) => signers.length === 0)) return { before: held }
  for (const [i, old] of olds.entries()) {
    const now = news[i]!
    // A generation that one of the two is not made for.
    if (old.signers.length === 0 || now.signers.length === 0) continue
    const isProven = now.areVerified || !old.areVerified
    if (isProven && follow(old.signers, now.signers)) continue
    const other = now.signers.find((signer) => !follow(old.signers, [signer])) ?? now.signers[0]!
    return { before: old.signers[0]!, after: other, isVerified: now.areVerified }
  }
  return undefined
}

/** Android wants all signers of a package again, or the proven successor of the one; elsewhere one in common is enough. */
function follow(before: readonly Signer[], after: readonly Signer[]): boolean {
  const isKnown = ({ id, succeeds }: Signer) => before.some((old) => old.id === id || succeeds.includes(old.id))
  return before[0]!.kind === 'android' ? before.length === after.length && after.every(isKnown) : after.some(isKnown)
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
