import { join, resolve } from 'node:path'
import { LAYOUT } from '../../src/blob/layout.ts'
import type { Deps } from '../../src/deps.ts'
import { type IssuedLink, LINK_MS } from '../../src/people/account-links.ts'
import { createSetupLink, endSetupLinks, hasAdmin } from '../../src/people/setup.ts'
import { removeFile } from '../fs/open-file.ts'
import { writePrivateFile } from '../fs/private-file.ts'

/** A link that is out is looked after this often: its file goes soon after it was used, by whichever process. */
const LOOK_EVERY_MS = 1000
/** Clocks are steered; a link that ends this much early did not end because somebody set the clock. Milliseconds. */
const STEERED_MS = 60_000

type SetupDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'createHasher' | 'config' | 'log'>

export interface SetupOffer {
  /** What to tell a terminal, and nothing else: it may hold the link. Undefined when there is an admin. */
  readonly words: string | undefined
  /** One look after the link; a timer calls it, too. */
  look(): Promise<void>
  stop(): Promise<void>
}

/**
 * Opens the way to the first admin, where there is none: with DISTD_SETUP_TOKEN that is the way; else a new link, good
 * for 30 minutes and once, lies in the data folder. The file goes when the link was used or is over. A link that cannot
 * be written keeps nobody from being served.
 * @param baseUrl what the link begins with, no slash at the end
 */
export async function offerSetup(deps: SetupDeps, baseUrl: string): Promise<SetupOffer> {
  const { store, clock, log, config } = deps
  const file = join(resolve(config.data), LAYOUT.setupLink)
  const since = clock.monotonic()

  /** The link in its file and in words; undefined when there is an admin. */
  async function renew(): Promise<{ link: IssuedLink; words: string } | undefined> {
    const link = await createSetupLink(deps)
    if (link === undefined) return undefined
    const url = `${baseUrl}/setup/${link.secret}`
    try {
      await writePrivateFile(file, `${url}\n`)
      log('info', 'there is no admin yet: open the link in the file', { file, expiresAt: link.expiresAt })
    } catch (error) {
      const message = 'there is no admin yet, and no link to make one can be written: run `distd admin create`'
      log('error', message, { file, error: String(error) })
    }
    return { link, words: `There is no admin yet. This link makes one, once, within 30 minutes:\n\n  ${url}\n\n` }
  }

  async function removeLink(): Promise<void> {
    try {
      await removeFile(file)
    } catch (error) {
      log('warn', 'cannot remove the setup link, which does not work any more', { file, error: String(error) })
    }
  }

  const nothing = { look: async () => undefined, stop: async () => undefined }
  if (hasAdmin(store)) {
    await removeLink()
    return { words: undefined, ...nothing }
  }
  if (config.setupToken !== undefined) {
    await endSetupLinks(deps)
    await removeLink()
    log('info', 'there is no admin yet: give the setup token at the address', { url: `${baseUrl}/setup` })
    return {
      words: `There is no admin yet. Give DISTD_SETUP_TOKEN here to make one:\n\n  ${baseUrl}/setup\n\n`,
      ...nothing,
    }
  }

  const first = await renew()
  if (first === undefined) return { words: undefined, ...nothing }
  let open: IssuedLink | undefined = first.link
  let looking: Promise<void> = Promise.resolve()

  async function end(): Promise<void> {
    open = undefined
    clearInterval(timer)
    await removeLink()
  }

  async function lookOnce(): Promise<void> {
    if (open === undefined) return
    if (hasAdmin(store)) return end()
    const ageMs = clock.monotonic() - since
    if (ageMs >= LINK_MS.setup) {
      // By the clock on the wall it may have hours to go, if that was set back.
      await endSetupLinks(deps)
      log('info', 'the setup link is over: start again for a new one, or run `distd admin create`')
      return end()
    }
    // Machines without a clock of their own learn the time late.
    const wasSet = !(Date.parse(open.expiresAt) > clock.now()) && ageMs < LINK_MS.setup - STEERED_MS
    if (wasSet) open = (await renew())?.link
  }

  const look = (): Promise<void> => {
    looking = looking.then(lookOnce).catch((error: unknown) => {
      clearInterval(timer)
      log('error', 'cannot look after the setup link', { error: String(error) })
    })
    return looking
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  return {
    words: first.words,
    look,
    async stop() {
      clearInterval(timer)
      await looking
    },
  }
}
