import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { APIResponse, Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { DEVICES, withDevice } from '../helpers/devices.ts'
import { ADA, firstAdmin } from '../helpers/first-admin.ts'
import { installScene } from '../helpers/install-scene.ts'
import { testRuntime, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

const MAX_PAGES = 400

interface Crawl {
  /** Paths of the pages that were read. */
  readonly pages: Set<string>
  readonly faults: string[]
}

/** Follows every link, picture, style and script of this server from some pages on, as whoever the browser is. */
async function crawl(page: Page, origin: string, starts: readonly string[]): Promise<Crawl> {
  const known = new Set(starts)
  const queue = [...starts]
  const pages = new Set<string>()
  const faults: string[] = []
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    assert.ok(known.size < MAX_PAGES, `led on and on, at last to ${path}`)
    const answer = await page.request.get(origin + path, { headers: { accept: 'text/html,*/*;q=0.8' } })
    const isHtml = answer.headers()['content-type']?.startsWith('text/html') ?? false
    const isDownload = answer.headers()['content-disposition']?.startsWith('attachment') ?? false
    if (answer.status() >= 400 && !starts.includes(path)) faults.push(`${path} answers ${answer.status()}`)
    faults.push(...policyFaults(answer, isHtml && !isDownload).map((fault) => `${path}: ${fault}`))
    if (!isHtml || isDownload) continue
    pages.add(path)
    const html = await answer.text()
    faults.push(...inlineIn(html).map((fault) => `${path} has ${fault}`))
    const led = new URL(answer.url())
    for (const href of linksOf(html)) {
      const to = new URL(href, led)
      const next = to.pathname + to.search
      if (to.origin !== origin || known.has(next)) continue
      known.add(next)
      queue.push(next)
    }
  }
  return { pages, faults }
}

/** Tags, whatever stands in the quotes of their attributes. */
const TAG = /<[a-z](?:"[^"]*"|[^">])*>/gi

function linksOf(html: string): string[] {
  const tags = html.match(TAG) ?? []
  return tags.flatMap((tag) =>
    [...tag.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, url = '']) => url.replaceAll('&amp;', '&')),
  )
}

/** What a policy must not let through. Files that are opened by themselves are in a sandbox. */
function policyFaults(answer: APIResponse, isPage: boolean): string[] {
  const policy = answer.headers()['content-security-policy']
  if (!isPage) return []
  if (policy === undefined) return ['has no content policy']
  const faults = ['unsafe-inline', 'unsafe-eval', '*', 'data:', 'blob:', 'http:', 'https:']
    .filter((word) => policy.split(/[\s;]+/).includes(word) || policy.includes(`'${word}'`))
    .map((word) => `its content policy allows ${word}`)
  for (const needed of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"])
    if (!policy.includes(needed)) faults.push(`its content policy has no ${needed}: ${policy}`)
  return faults
}

/** Style, scripts and handlers in a page: its policy would not let them run, and they have no place there. */
function inlineIn(html: string): string[] {
  const tags = html.match(TAG) ?? []
  return [
    ...(html.match(/<style[\s>]/gi) ?? []),
    ...tags.filter((tag) => /^<script/i.test(tag) && !/\ssrc=/.test(tag)),
    ...tags.filter((tag) => /\s(?:style|on[a-z]+)\s*=/i.test(withoutValues(tag))),
    ...tags.filter((tag) => /\s(?:href|src|action)="\s*(?:javascript|data|vbscript):/i.test(tag)),
    ...tags.filter((tag) => /^<(?:iframe|object|embed|base|meta http-equiv)/i.test(tag)),
  ]
}

/** What stands in quotes is text, such as the name of a file that is called like a handler. */
const withoutValues = (tag: string) => tag.replaceAll(/"[^"]*"/g, '""')

/** 128 random bits as hex, behind what sets have before theirs. */
const SET = /\/sets\/[0-9a-f]{32}/

test(`every link of distd on ${testRuntime} leads somewhere, for strangers, by a share link and for an admin; no page runs what is in it`, () =>
  withServer(async (server) => {
    const { pages, shares, secret, stable } = await installScene(await firstAdmin(server))
    const setId = new URL(stable.setUrl).pathname.split('/')[2]!
    const paths = Object.values(pages)
    const outsideOfSets = paths.filter((path) => path !== pages.set)
    const faults: string[] = []
    const read = new Map<string, Set<string>>()
    const run = async (who: string, page: Page, starts: readonly string[]) => {
      const found = await crawl(page, server.url, starts)
      read.set(who, found.pages)
      faults.push(...found.faults.map((fault) => `for ${who}, ${fault}`))
      for (const path of found.pages) {
        // The page of a set leads to itself, and back to itself behind signing in.
        if (decodeURIComponent(path).includes(pages.set)) continue
        const html = await (await page.request.get(server.url + path, { headers: { accept: 'text/html' } })).text()
        if (SET.test(html) || html.includes(setId)) faults.push(`for ${who}, ${path} tells a set`)
      }
    }
    await withDevice(browser, DEVICES.android, ({ page }) => run('strangers', page, paths))
    await withDevice(browser, DEVICES.android, async ({ page }) => {
      await page.goto(server.url + shares.channel)
      await run('who has a link to a channel', page, [secret.channel])
    })
    await withDevice(browser, DEVICES.iphone, async ({ page }) => {
      await page.goto(server.url + shares.release)
      await run('who has a link to a release', page, [secret.release])
    })
    await withDevice(browser, DEVICES.windows, async ({ page }) => {
      await page.goto(`${server.url}/login?next=/`)
      await page.fill('#name', ADA.name)
      await page.fill('#password', ADA.password)
      await page.locator('main').getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL(`${server.url}/`)
      await run('an admin', page, [...outsideOfSets, ...Object.values(secret)])
    })
    assert.deepEqual(faults, [])
    assert.ok(read.get('strangers')!.has('/notes/releases/1.3.0'))
    assert.ok(read.get('an admin')!.has('/secret'))
    for (const pagesRead of read.values()) assert.ok([...pagesRead].every((path) => !path.startsWith('/absent')))
  }))
