import { toHex } from '../../bytes/encoding.ts'
import { decodePlist } from '../../formats/apple/plist.ts'
import { isPlistDict, type PlistDict } from '../../formats/apple/plist-value.ts'
import { FormatError, isAboutBytes } from '../../formats/format-error.ts'
import { parseSignedData, type Signer, verifySignerOf } from '../../formats/signatures/cms.ts'
import { type Certificate, parseCertificate } from '../../formats/signatures/x509.ts'
import type { Check, ProvisioningProfile } from '../../model/inspection.ts'
import { displayText, exactText, finding, quote } from '../finding.ts'
import type { InspectLimits } from '../inspector.ts'
import { instantText } from '../instant.ts'
import { validityChecks } from '../validity.ts'
import { plistText, plistTexts } from './app-bundle.ts'
import { allowsDebugging } from './entitlements.ts'

/** `embedded.mobileprovision`: a property list in CMS signed data (Apple, TN3125). */
export interface Profile {
  readonly facts: ProvisioningProfile
  readonly entitlements: PlistDict | undefined
  /** Certificates that may sign. */
  readonly certificates: readonly Certificate[]
  readonly createdAt: Date | undefined
  readonly expiresAt: Date | undefined
  /** Whether it is as its own signer made it; undefined when that cannot be told. */
  readonly holds: boolean | undefined
}

/** The largest ones name 1000 certificates and devices. */
export const MAX_PROFILE_BYTES = 4 << 20
const MAX_DEVICES = 2000
const MAX_CERTIFICATES = 100

/** @throws FormatError, FormatLimitError, RangeError when cut off */
export async function readProfile(bytes: Uint8Array): Promise<Profile> {
  const { content, signers } = parseSignedData(bytes)
  const dict = content && decodePlist(content)
  if (!isPlistDict(dict)) throw new FormatError('Cannot read provisioning profile: it is no property list')
  const entitlements = isPlistDict(dict.Entitlements) ? dict.Entitlements : undefined
  const createdAt = dateIn(dict, 'CreationDate')
  const expiresAt = dateIn(dict, 'ExpirationDate')
  return {
    facts: factsOf(dict, entitlements, instantText(createdAt), instantText(expiresAt)),
    entitlements,
    certificates: certificatesIn(dict),
    createdAt,
    expiresAt,
    holds: signers[0] === undefined ? undefined : await isSigned(signers[0], content!),
  }
}

async function isSigned(signer: Signer, content: Uint8Array): Promise<boolean | undefined> {
  try {
    const verdict = await verifySignerOf(signer, content)
    return verdict === 'unsupported' ? undefined : verdict === 'valid'
  } catch (error) {
    if (isAboutBytes(error)) return false
    throw error
  }
}

function factsOf(
  dict: PlistDict,
  entitlements: PlistDict | undefined,
  createdAt: string | undefined,
  expiresAt: string | undefined,
): ProvisioningProfile {
  const devices = plistTexts(dict, 'ProvisionedDevices')
  const shown = devices?.slice(0, MAX_DEVICES).flatMap((device) => exactText(device) ?? [])
  const name = displayText(plistText(dict, 'Name'))
  const uuid = exactText(plistText(dict, 'UUID'))
  const teamId = exactText(plistTexts(dict, 'TeamIdentifier')?.[0])
  const teamName = displayText(plistText(dict, 'TeamName'))
  return {
    type: typeOf(dict, devices, entitlements),
    ...(name === undefined ? {} : { name }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(teamId === undefined ? {} : { teamId }),
    ...(teamName === undefined ? {} : { teamName }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(devices === undefined ? {} : { deviceCount: devices.length }),
    ...(shown === undefined ? {} : { devices: shown }),
  }
}

function typeOf(
  dict: PlistDict,
  devices: readonly string[] | undefined,
  entitlements: PlistDict | undefined,
): ProvisioningProfile['type'] {
  if (dict.ProvisionsAllDevices === true) return 'enterprise'
  if (devices === undefined) return 'app-store'
  return allowsDebugging(entitlements) ? 'development' : 'ad-hoc'
}

function dateIn(dict: PlistDict, key: string): Date | undefined {
  const value = dict[key]
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined
}

function certificatesIn(dict: PlistDict): Certificate[] {
  const values = Array.isArray(dict.DeveloperCertificates) ? dict.DeveloperCertificates : []
  return values.slice(0, MAX_CERTIFICATES).flatMap((value) => {
    if (!(value instanceof Uint8Array)) return []
    try {
      return [parseCertificate(value)]
    } catch (error) {
      if (isAboutBytes(error)) return []
      throw error
    }
  })
}

/** What a profile means for the application that it is in. @param signer who signed the application, where known */
export function profileChecks(
  profile: Profile,
  bundleId: string,
  signer: Certificate | undefined,
  limits: Pick<InspectLimits, 'now'>,
): Check[] {
  const checks: Check[] = []
  const { facts, entitlements, certificates, createdAt, expiresAt, holds } = profile
  if (holds === false) {
    const words = 'The provisioning profile was changed after it was signed: devices refuse it'
    checks.push(finding('error', 'ipa.profile_invalid', words))
  }
  const dates = {
    code: 'ipa.profile',
    what: 'The provisioning profile',
    validFrom: createdAt,
    validTo: expiresAt,
  } as const
  checks.push(...validityChecks(dates, limits))
  if (facts.type === 'development') {
    const words = 'The provisioning profile is for development: only the devices of the team run the application'
    checks.push(finding('info', 'ipa.development_profile', words))
  }
  const allowed = entitlements && plistText(entitlements, 'application-identifier')
  if (allowed !== undefined && !allowsBundle(allowed, bundleId)) {
    const words = `The provisioning profile is for ${quote(allowed)}, not for ${quote(bundleId)}: devices refuse it`
    checks.push(finding('warning', 'ipa.profile_mismatch', words))
  } else if (signer !== undefined && certificates.length > 0 && !certificates.some((one) => isSame(one, signer))) {
    const words = 'The application is signed by a certificate that the provisioning profile does not name'
    checks.push(finding('warning', 'ipa.profile_mismatch', words))
  }
  return checks
}

/** @param allowed a prefix of ten characters, a dot, and a bundle id or the start of one with `*` at its end */
function allowsBundle(allowed: string, bundleId: string): boolean {
  const pattern = allowed.slice(allowed.indexOf('.') + 1)
  return pattern.endsWith('*') ? bundleId.startsWith(pattern.slice(0, -1)) : pattern === bundleId
}

function isSame(a: Certificate, b: Certificate): boolean {
  return toHex(a.der) === toHex(b.der)
}
