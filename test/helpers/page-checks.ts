import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

// Run as if typed into the console: pages let no other script in.
const AXE = `${readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')};0`

interface Axe {
  run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>
}

/** Opens all that is folded, so that it is seen, and looked at. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true
  })
}

/** What a checker of accessibility finds, one line for each element. @param rules all unless named */
export async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(AXE)
  const options = { resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) }
  const found = await page.evaluate((options) => (globalThis as unknown as { axe: Axe }).axe.run(options), options)
  return found.violations.flatMap(({ id, impact, nodes }) => nodes.map(({ html }) => `${impact} ${id}: ${html}`))
}

/** What a finger may press and has to hit within less than 44 pixels. Links within texts are as high as the text. */
export function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    for (const element of document.querySelectorAll('button, input:not([type=hidden]), summary, a')) {
      const { display } = getComputedStyle(element)
      const isInText =
        element.closest('.markdown') !== null ||
        (display === 'inline' &&
          [...element.parentElement!.childNodes].some(
            (node) => node !== element && node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
          ))
      // Not there for fingers.
      const isHidden = element.classList.contains('skip') || !element.checkVisibility({ visibilityProperty: true })
      if (isInText || isHidden) continue
      element.scrollIntoView({ block: 'center' })
      const { left, top, width, height } = element.getBoundingClientRect()
      const [x, y] = [left + width / 2, top + height / 2]
      const isHit = (at: number) => {
        const hit = document.elementFromPoint(x, at)
        return hit !== null && element.contains(hit)
      }
      let [up, down] = [0, 0]
      while (up < 44 && isHit(y - up - 1)) up++
      while (down < 44 && isHit(y + down + 1)) down++
      if (up + down + 1 < 43) found.push(`${element.outerHTML.slice(0, 120)} is ${up + down + 1} high`)
    }
    return found
  })
}

/** Texts that cannot be told from what is behind them (WCAG 2.2, 1.4.3: 4.5 to 1), with their contrast. */
export function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
    /** Red, green, blue and alpha of any color that styles have. */
    const partsOf = (color: string): number[] => {
      canvas.clearRect(0, 0, 1, 1)
      canvas.fillStyle = color
      canvas.fillRect(0, 0, 1, 1)
      return [...canvas.getImageData(0, 0, 1, 1).data]
    }
    const over = ([r = 0, g = 0, b = 0, a = 0]: number[], below: number[]) =>
      [r, g, b].map((part, i) => (part * a + below[i]! * (255 - a)) / 255)
    const paperOf = (element: Element | null): number[] => {
      if (element === null) return partsOf('canvas').slice(0, 3)
      return over(partsOf(getComputedStyle(element).backgroundColor), paperOf(element.parentElement))
    }
    const luminance = (rgb: number[]) =>
      rgb
        .map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i]!, 0)
    const found: string[] = []
    for (const element of document.querySelectorAll('body *')) {
      const text = [...element.childNodes].filter(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
      )
      if (text.length === 0 || !element.checkVisibility()) continue
      const paper = paperOf(element)
      const ink = over(partsOf(getComputedStyle(element).color), paper)
      const [dark = 0, light = 0] = [luminance(ink), luminance(paper)].sort((a, b) => a - b)
      const ratio = (light + 0.05) / (dark + 0.05)
      if (ratio < 4.5) found.push(`${ratio.toFixed(2)} "${text[0]!.textContent!.trim().slice(0, 40)}"`)
    }
    return found
  })
}

/** Pixels that a page is wider than its window, with what sticks out farthest. */
export function overflow(page: Page): Promise<string> {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth
    if (wide <= 0) return ''
    const isScrolled = (element: Element | null): boolean =>
      element !== null && (getComputedStyle(element).overflowX !== 'visible' || isScrolled(element.parentElement))
    const [worst] = [...document.querySelectorAll('body *')]
      .filter((element) => !isScrolled(element.parentElement))
      .sort((a, b) => b.getBoundingClientRect().right - a.getBoundingClientRect().right)
    return `${wide} pixels: ${worst?.outerHTML.slice(0, 160)}`
  })
}

/** A page that turned out to be of a tablet asks for itself again, once. */
const MOVES = 3

/** Waits until the islands of a page go on in the browser, and the page stays. */
export async function awake(page: Page): Promise<void> {
  for (let moves = 0; ; moves++) {
    try {
      await page.waitForLoadState('load')
      await page.waitForFunction(
        () => navigator.maxTouchPoints < 2 || document.querySelector('[data-island="platform-switch"]') === null,
      )
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))))
      return
    } catch (error) {
      if (moves === MOVES || !String(error).includes('navigation')) throw error
    }
  }
}
