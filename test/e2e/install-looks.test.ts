import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { openBrowser } from '../helpers/browser.ts'
import { DEVICES, type TestDevice, withDevice } from '../helpers/devices.ts'
import { firstAdmin } from '../helpers/first-admin.ts'
import { type InstallScene, installScene } from '../helpers/install-scene.ts'
import { awake, faintTexts, overflow, smallTargets, unfold, violations } from '../helpers/page-checks.ts'
import { type TestServer, testRuntime, withServer } from '../helpers/server.ts'

const browser = await openBrowser()

function inScene(work: (scene: InstallScene, server: TestServer) => Promise<void>): Promise<void> {
  return withServer(async (server) => work(await installScene(await firstAdmin(server)), server))
}

/** Every page, and those that are for whoever was given a link. */
const pathsOf = ({ pages, shares }: InstallScene): Readonly<Record<string, string>> => ({
  ...pages,
  sharedChannel: shares.channel,
  sharedRelease: shares.release,
})

const SCREENS: readonly (readonly [TestDevice, number])[] = [
  [DEVICES.android, 360],
  [DEVICES.ipad, 768],
  [DEVICES.windows, 1440],
]

for (const [device, width] of SCREENS)
  test(`install pages of distd on ${testRuntime} are for everybody at ${width} pixels, by day and night`, () =>
    inScene(async (scene, { url }) => {
      const faults: string[] = []
      await withDevice(
        browser,
        device,
        async ({ page, complaints }) => {
          for (const [name, path] of Object.entries(pathsOf(scene))) {
            await page.goto(url + path)
            await awake(page)
            const note = (scheme: string, found: readonly string[]) =>
              faults.push(...found.map((fault) => `${name}, ${scheme}: ${fault}`))
            if (device.isTouch) note('folded', await smallTargets(page))
            await unfold(page)
            note('light', [...(await violations(page)), ...(await faintTexts(page))])
            await page.emulateMedia({ colorScheme: 'dark' })
            // By night nothing but the colors is other.
            note('dark', [...(await violations(page, ['color-contrast'])), ...(await faintTexts(page))])
            await page.emulateMedia({ colorScheme: 'light' })
            note('console', complaints.splice(0))
            const wide = await overflow(page)
            if (wide !== '') note('unfolded', [wide])
          }
        },
        { width },
      )
      assert.deepEqual(faults, [])
    }))

test(`install pages of distd on ${testRuntime} reflow at 320 pixels, and at 400 pixels with text of twice the size`, () =>
  inScene(async (scene, { url }) => {
    const faults: string[] = []
    await withDevice(
      browser,
      DEVICES.windows,
      async ({ page }) => {
        for (const [name, path] of Object.entries(pathsOf(scene))) {
          await page.goto(url + path)
          await awake(page)
          await unfold(page)
          // 320 pixels of CSS are a window of 1280 that is zoomed to 400 %.
          const [narrow, large] = [await overflow(page), await withLargeText(page)]
          if (narrow !== '') faults.push(`${name} at 320 pixels: ${narrow}`)
          if (large !== '') faults.push(`${name} with large text: ${large}`)
          await page.setViewportSize({ width: 320, height: 256 })
        }
      },
      { width: 320 },
    )
    assert.deepEqual(faults, [])
  }))

async function withLargeText(page: Page): Promise<string> {
  await page.setViewportSize({ width: 400, height: 800 })
  await page.evaluate(() => {
    document.documentElement.style.fontSize = '32px'
    document.body.style.fontSize = '30px'
  })
  return overflow(page)
}

/** What has the focus, and whether it can be seen that it has. */
function focused(page: Page): Promise<{ name: string; isSeen: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const { width, height, top } = element.getBoundingClientRect()
    const isThere = width > 1 && height > 1 && top >= 0 && top < innerHeight
    return {
      name: element.innerText.trim() || element.tagName,
      isSeen: isThere && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
    }
  })
}

/** Goes on by Tab until something has the focus; everything on the way shows that it has it. @returns how far it was */
async function tabTo(page: Page, name: RegExp): Promise<number> {
  const way: string[] = []
  while (!name.test(way.at(-1) ?? '')) {
    await page.keyboard.press('Tab')
    const at = await focused(page)
    assert.ok(at.isSeen, `${at.name} shows its focus`)
    assert.ok(way.push(at.name) < 60, `${name} is not reached: ${way.join(', ')}`)
  }
  return way.length
}

test(`an install page of distd on ${testRuntime} goes by the keys alone: past the header to the file, into what is folded, to another platform`, () =>
  inScene(async ({ pages, files }, { url }) => {
    for (const javaScript of [true, false])
      await withDevice(
        browser,
        DEVICES.windows,
        async ({ page }) => {
          await page.goto(url + pages.stable)
          if (javaScript) await awake(page)
          await page.keyboard.press('Tab')
          assert.equal((await focused(page)).name, 'Skip to the page')
          await page.keyboard.press('Enter')
          const steps = await tabTo(page, /^Download/)
          assert.ok(steps <= 15, `the file is ${steps} stops away`)
          const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')])
          const wanted = files.find(({ fileName }) => fileName === 'notes-setup.exe')!
          assert.equal(file.suggestedFilename(), wanted.fileName)
          assert.ok(readFileSync(await file.path()).equals(wanted.bytes))

          await tabTo(page, /checksum$/i)
          const digest = page.locator('.offer.best code').last()
          assert.equal(await digest.isVisible(), false)
          await page.keyboard.press('Enter')
          assert.ok(await digest.isVisible())
          await page.keyboard.press('Space')
          assert.equal(await digest.isVisible(), false)

          await page.goto(url + pages.stable)
          await tabTo(page, /^Linux$/)
          await page.keyboard.press('Enter')
          await page.waitForURL(`${url}${pages.stable}?platform=linux`)
          assert.match((await page.locator('.offer.best').textContent()) ?? '', /Linux/)
        },
        { javaScript },
      )
  }))

test(`install pages of distd on ${testRuntime} hold with forced colors, without motion, and on paper`, () =>
  inScene(async ({ pages }, { url }) => {
    await withDevice(browser, DEVICES.windows, async ({ page }) => {
      for (const path of [pages.stable, pages.app, pages.yanked, pages.linuxOnly]) {
        await page.goto(url + path)
        await awake(page)
        await unfold(page)
        await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' })
        assert.deepEqual(await violations(page), [], `${path} with forced colors`)
        assert.deepEqual(await unframed(page), [], `${path} with forced colors`)
        assert.deepEqual(await moving(page), [], path)
        await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'no-preference', media: 'print' })
        assert.equal(await page.locator('.top').isVisible(), false, path)
        assert.ok(await page.locator('h1').isVisible(), path)
        assert.deepEqual([await faintTexts(page), await overflow(page)], [[], ''], `${path} on paper`)
        await page.emulateMedia({ media: 'screen' })
      }
    })
  }))

/** Buttons that cannot be told from text where colors of backgrounds are gone. */
function unframed(page: Page): Promise<string[]> {
  return page.locator('.button, main button').evaluateAll((buttons) =>
    buttons.flatMap((button) => {
      const { borderTopWidth, borderTopStyle } = getComputedStyle(button)
      const isFramed = borderTopStyle !== 'none' && Number.parseFloat(borderTopWidth) >= 1
      return isFramed || !button.checkVisibility() ? [] : [button.outerHTML]
    }),
  )
}

/** What would move or fade. */
function moving(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('*')].flatMap((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element)
      const isStill = transitionDuration.split(', ').every((time) => Number.parseFloat(time) === 0)
      return isStill && animationName === 'none' ? [] : [element.outerHTML.slice(0, 100)]
    }),
  )
}
