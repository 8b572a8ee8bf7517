import { readSignedText, signText } from '../access/signed-text.ts'
import { toBase64Url } from '../bytes/encoding.ts'
import type { Deps } from '../deps.ts'
import type { UserId } from '../model/ids.ts'

/** Days for which a browser is known after it signed in. */
export const DEVICE_DAYS = 180
const DAY_MS = 86_400_000
const ID_BYTES = 16

type DeviceDeps = Pick<Deps, 'signingKey' | 'random' | 'clock'>

/**
 * What a browser keeps after signing in: it opens nothing, but tries to sign in from it are not counted with those of
 * strangers, so that nobody is locked out by guesses of others (OWASP, "device cookie"). `user.device.day`, signed.
 */
export function createDevice({ signingKey, random, clock }: DeviceDeps, user: { readonly id: UserId }): string {
  const day = Math.floor(clock.now() / DAY_MS)
  return signText(signingKey, 'device', `${user.id}.${toBase64Url(random(ID_BYTES))}.${day}`)
}

/** What the tries of a browser are counted by when it is known for this person; undefined when it is not. */
export function knownDevice(
  { signingKey, clock }: Pick<DeviceDeps, 'signingKey' | 'clock'>,
  device: string | undefined,
  user: { readonly id: UserId } | undefined,
): string | undefined {
  const text = device === undefined ? undefined : readSignedText(signingKey, 'device', device)
  if (text === undefined || user === undefined) return undefined
  const [userId, id, day] = text.split('.')
  const age = Math.floor(clock.now() / DAY_MS) - Number(day)
  return userId === user.id && age <= DEVICE_DAYS ? id : undefined
}
