import process from 'node:process'
import { after } from 'node:test'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { needPrograms } from './debian.ts'

/** How Debian's Chromium is started. Names that end in `.test` are this machine to it. */
export const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--host-resolver-rules=MAP *.test 127.0.0.1'],
  // Without a locale it takes every name of a file that is not ASCII for one that cannot be written.
  env: { ...process.env, LC_ALL: 'C.UTF-8' },
}

/** The browser of a file until its tests are over. */
export async function openBrowser(): Promise<Browser> {
  needPrograms({ chromium: 'chromium' })
  const browser = await chromium.launch(CHROMIUM)
  after(() => browser.close())
  return browser
}

/** Somebody at a browser of their own. */
export interface Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** What the browser complained of on pages: of scripts, and of what their policy forbids. */
  readonly complaints: string[]
}

/** The answer to a form is an error now and then, and browsers say so in the same words each time. */
const OF_STATUS = /^Failed to load resource: the server responded with a status of 4\d\d/

/** Runs `work` with somebody who has no cookies yet. */
export async function withVisitor<T>(
  browser: Browser,
  work: (visitor: Visitor) => Promise<T>,
  options: BrowserContextOptions = {},
): Promise<T> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options })
  const complaints: string[] = []
  const note = (text: string) => {
    if (!OF_STATUS.test(text)) complaints.push(text)
  }
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') note(message.text())
  })
  context.on('weberror', (error) => note(error.error().message))
  try {
    // Scripts run into what a page forbids without a word on the console, when it is only reported.
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`forbidden: ${violatedDirective} ${blockedURI}`),
      )
    })
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    return await work({ context, page, complaints })
  } finally {
    await context.close()
  }
}
