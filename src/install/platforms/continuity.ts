import type { Verdict } from '../../model/install-page.ts'
import type { Platform } from '../../model/platform.ts'
import type { Continuity, OfferedFile, OfferScene } from '../offered.ts'

/** What those are told who have the release that was at the address before; nothing where none was, or nothing is known. */
export function continuityVerdicts(file: OfferedFile, { continuity }: OfferScene): readonly (Verdict | null)[] {
  const before = continuity.get(file.fileName)
  return before === undefined ? [] : [signerVerdict(before, file.platform), counterVerdict(before, file)]
}

/** What comes of another signer. */
const CHANGED: Readonly<Partial<Record<Platform, (from: string) => string>>> = {
  android: (from) =>
    `Android refuses it as an update. Whoever has ${from} has to uninstall it first, which deletes what the app keeps on the device.`,
  // `MismatchedApplicationIdentifierEntitlement`: the identifier of an app starts with its team.
  ios: (from) =>
    `An iPhone refuses it as an update. Whoever has ${from} has to delete it first, with what the app keeps on the device.`,
  macos: () => 'It does not find what the app kept in the keychain, and asks for permissions again.',
  windows: () => 'Windows treats it as the work of another publisher.',
}

function signerVerdict({ from, signer, counter }: Continuity, platform: Platform): Verdict | null {
  const isKey = platform === 'android'
  switch (signer) {
    case 'same':
      return isKey
        ? {
            level: 'good',
            title: `Signed by the same key as ${from}`,
            text: counter === 'higher' ? 'It installs over it as an update.' : null,
          }
        : // Anybody can make a certificate with these names, so this is no good news.
          { level: 'info', title: `Its signature names the same developer as that of ${from}`, text: null }
    case 'successor':
      return {
        level: 'good',
        title: `Signed by a key that the key of ${from} names as its successor`,
        text:
          counter === 'higher' ? 'It installs over it as an update where Android knows such proofs, from 9 on.' : null,
      }
    case 'other':
      return {
        level: 'warning',
        title: isKey
          ? `Signed by another key than ${from}`
          : `Its signature names another developer than that of ${from}`,
        text: CHANGED[platform]?.(from) ?? null,
      }
    case 'unverified':
      return {
        level: 'warning',
        title: `Nothing proves that it is from who signed ${from}`,
        text: `Its own signer was not verified. ${CHANGED[platform]?.(from) ?? ''}`.trim(),
      }
    case 'none':
      return { level: 'warning', title: `${from} was signed, and this file has no signature that holds`, text: null }
    case 'unknown':
      return null
  }
}

function counterVerdict({ from, counter, signer }: Continuity, { format }: OfferedFile): Verdict | null {
  // Of another key it is no update anyway, and of a bundle only a store asks.
  if (format === 'aab' || signer === 'other' || signer === 'none') return null
  if (counter === 'lower') {
    return {
      level: 'warning',
      title: `Its version code is lower than that of ${from}`,
      text: `Android refuses to go back. Whoever has ${from} has to uninstall it first, which deletes what the app keeps on the device.`,
    }
  }
  return counter === 'same'
    ? {
        level: 'warning',
        title: `It has the version code of ${from}`,
        text: 'Android does not see that it is newer.',
      }
    : null
}
