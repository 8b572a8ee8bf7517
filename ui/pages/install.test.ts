import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstallPage, Offer } from '../../src/model/install-page.ts'
import { androidOffers, fullPage, group, iosOffers, offer, pageFor } from '../../test/helpers/install-page-data.ts'
import { pageActions, pageFiles, textOf } from '../../test/helpers/page-files.ts'
import { renderPage } from '../render.ts'

const SHELL = { person: null, signInUrl: '/login?next=%2Fnotes', isInsecure: false }
const HOSTILE = `"><script>alert(1)</script><img src=x onerror='alert(1)'>&amp;`

const render = (page: InstallPage, shell = SHELL) => renderPage({ view: 'install', page }, shell)
const headings = (html: string) => [...html.matchAll(/<h2[^>]*>(.*?)<\/h2>/gs)].map(([, text = '']) => textOf(text))
const only = (offers: readonly Offer[]) => fullPage({ groups: [group('ios', offers)] })

test('the platform of the device comes first, then how to get it by command, its notes, and every other platform', () => {
  const html = render(pageFor('windows'))
  assert.deepEqual(headings(html), [
    'Windows',
    'Command line',
    'Release notes',
    'Android',
    'iPhone and iPad',
    'macOS',
    'Linux',
    'History',
    'Attachments',
  ])
  assert.match(html, /For <b>Windows on 64-bit ARM<\/b>/)
  const current = [...html.matchAll(/<a href="([^"]*)" aria-current="true">/g)].map(([, href]) => href)
  assert.deepEqual(current, ['?platform=windows'])
  for (const each of ['android', 'ios', 'macos', 'linux']) assert.ok(html.includes(`href="?platform=${each}"`), each)
  assert.ok(!html.includes('This device'), 'nobody asked for another')
  const asked = { ...pageFor('windows'), device: { ...pageFor('windows').device, source: 'asked' as const } }
  assert.match(render(asked), /<a href="\?">This device<\/a>/)
})

test('one offer is marked where the device is known, and none where it is not: there all stand before anything else', () => {
  const best = (html: string) =>
    [...html.matchAll(/<article class="offer best"[^>]* data-file="([^"]*)"/g)].map(([, f]) => f)
  assert.deepEqual(best(render(pageFor('linux'))), ['notes_1.4.0_amd64.deb'])
  const unknown = render(fullPage())
  assert.deepEqual(best(unknown), [])
  assert.doesNotMatch(unknown, /aria-current/)
  assert.match(unknown, /Which device is it for\?/)
  assert.equal(headings(unknown).indexOf('Command line'), 5)
  const names = fullPage().groups.flatMap(({ offers }) => offers.flatMap(({ fileName }) => fileName ?? []))
  for (const html of [unknown, render(pageFor('ios')), render(pageFor('linux'))])
    assert.deepEqual([...pageFiles(html).keys()].toSorted(), [...names, 'notes.deb.sig'].toSorted(), 'all are there')
})

test('what serves any platform stands beside that of the device, or alone where there is none', () => {
  const any = group('any', [offer('notes.jar', { isBest: true, fit: 'fits' })])
  const page = pageFor('linux', fullPage({ groups: [group('android', androidOffers()), any] }))
  const html = render({ ...page, nothingForDevice: null })
  assert.deepEqual(headings(html).slice(0, 4), ['Any platform', 'Command line', 'Release notes', 'Android'])
})

test('where the device is known, the other platforms are folded, each with what is in it; where it is not, all are open', () => {
  const folded = (html: string) =>
    [...html.matchAll(/<details><summary>(<h2.*?)<\/summary>/gs)].map(([, t = '']) => textOf(t))
  const others = ['iPhone and iPad · TestFlight, 2 files', 'macOS · 2 files', 'Windows · 2 files', 'Linux · 2 files']
  assert.deepEqual(folded(render(pageFor('android'))), [...others, 'Command line'], 'commands are nothing for a phone')
  assert.deepEqual(folded(render(pageFor('windows'))).length, 4)
  assert.deepEqual(folded(render(fullPage())), [])
  assert.deepEqual(folded(render(pageFor('windows', fullPage({ groups: [group('android', androidOffers())] })))), [])
})

test('what an iPhone does with a file stands beside its button, and is not folded where nothing can be pressed', () => {
  const html = render(pageFor('ios'))
  for (const name of ['Notes-adhoc.ipa', 'Notes.ipa']) {
    const [, article = ''] = new RegExp(`data-file="${name}">(.*?)</article>`, 's').exec(html) ?? []
    assert.doesNotMatch(article.split('<summary>Details')[1]!, /class="told"/, name)
    assert.match(article, /class="told"/, name)
  }
})

test('of a long history the begin is seen, and the rest is one click away', () => {
  const [section] = fullPage().sections
  const items = (count: number) => Array.from({ length: count }, (_, i) => ({ ...section!.items[0]!, title: `v${i}` }))
  const seen = (id: string, count: number) => {
    const html = render(fullPage({ sections: [{ ...section!, id, items: items(count) }] }))
    assert.equal([...html.matchAll(/<strong><a [^>]*>v\d+</g)].length, count, 'all are there')
    const [open = ''] = html.slice(html.indexOf(`<section id="${id}">`)).split('<details>')
    return [...open.matchAll(/>v\d+</g)].length
  }
  assert.deepEqual(
    [8, 9, 20].map((count) => seen('history', count)),
    [8, 6, 6],
  )
  assert.equal(seen('changes', 60), 6)
  assert.equal(seen('releases', 20), 20)
})

test('a page with nothing for the device says so first, and shows what there is', () => {
  const page = pageFor('ios', fullPage({ groups: [group('android', androidOffers())] }))
  const html = render(page)
  assert.deepEqual(headings(html).slice(0, 2), ['There is no build for iPhone and iPad', 'Android'])
  assert.doesNotMatch(html, /class="offer best"|aria-current/)
})

test('every action says aloud what it is about, and none of an IPA that is only a file says install', () => {
  assert.deepEqual(pageActions(render(only(iosOffers()))), [
    'Open in TestFlight for iPhone and iPad',
    'Install on an enrolled device Notes-adhoc.ipa for iPhone and iPad',
  ])
  const download = offer('Notes.ipa', { title: 'iOS app' })
  assert.deepEqual(pageActions(render(only([download]))), ['Download Notes.ipa for iPhone and iPad'])
  const jar = fullPage({ groups: [group('any', [offer('notes.jar')])] })
  assert.deepEqual(pageActions(render(jar)), ['Download notes.jar'])
  const main = render(only([download])).replace(/<section id="commands">.*?<\/section>/s, '')
  assert.doesNotMatch(main, /install/i)
})

test('beside an install stands the file, and what is withheld says why and where to sign in', () => {
  const file = { kind: 'download', label: 'Download the file', url: '/notes/releases/1.4.0/Notes-adhoc.ipa' } as const
  const [, adhoc, plain] = iosOffers()
  assert.equal(pageActions(render(only([{ ...adhoc!, file }])))[1], 'Download the file Notes-adhoc.ipa')
  const withheld = render(only([plain!]))
  assert.match(
    withheld,
    /This file is for signed-in people and share links\. <a href="\/login\?next=%2Fnotes">Sign in<\/a>/,
  )
  assert.doesNotMatch(render(only([plain!]), { ...SHELL, signInUrl: null as never }), /Sign in<\/a><\/p>/)
  const firm = { ...plain!, withheld: { text: 'It is for a store.', canSignIn: false } }
  assert.match(render(only([firm])), /It is for a store\. <\/p>/)
})

test('verdicts keep their order, and say how bad they are without color', () => {
  const [apk] = pageFiles(render(pageFor('android'))).values()
  assert.deepEqual(apk!.verdicts, [
    'Installs over 1.3.0. The signer is the same, and what you have stays.',
    'Android asks before it installs. Allow this browser to install unknown apps when it does.',
  ])
  const ipa = pageFiles(render(only(iosOffers()))).get('Notes.ipa')!
  assert.deepEqual(ipa.verdicts, [
    'Problem: iPhones do not take this file from a web page. Its profile is of the App Store.',
  ])
})

test('what is true of all files of a platform is said once and read of each', () => {
  const html = render(fullPage())
  assert.equal(html.split('Windows will warn before it starts').length, 2)
  for (const name of ['notes-arm64.msi', 'notes-x64.exe'])
    assert.match(pageFiles(html).get(name)!.verdicts[0]!, /^Warning: Windows will warn before it starts/)
  assert.equal(render(pageFor('windows')).split('Windows will warn before it starts').length, 2, 'the best says it')
})

test('the question about a phone is asked of this page as a phone sees it; its answer takes the focus', () => {
  const asked = iosOffers({ udid: '0000-FF', answer: { level: 'good', title: 'It is among them', text: null } })
  const html = render(only(asked))
  const [, form = ''] = /<form class="phone" method="get">(.*?)<\/form>/s.exec(html) ?? []
  assert.match(form, /type="hidden" name="platform" value="ios"/)
  assert.match(form, /type="hidden" name="file" value="Notes-adhoc\.ipa"/)
  assert.match(form, /name="udid" type="text" value="0000-FF"/)
  assert.match(form, /<p class="note good" role="status" tabindex="-1" autofocus>/)
  assert.match(html, /<details open><summary>Details/, 'it is not folded away')
  assert.doesNotMatch(render(only(iosOffers())), /autofocus|<details open/)
})

test('an app without a picture has its first letter, and who may not see the app no way up', () => {
  const { app } = fullPage()
  const bare = render(fullPage({ app: { ...app, name: ' émile', iconUrl: null, url: null } }))
  assert.match(bare, /<span class="icon" aria-hidden="true">É<\/span>/)
  assert.doesNotMatch(bare, /href="\/notes"/)
  const full = render(fullPage())
  assert.match(full, /<img class="icon" src="\/notes\/stable\/icon\.png" alt width="56" height="56"/)
  assert.match(full, /<a href="\/notes">/)
})

test('texts and addresses of others are text on an install page, and never run', () => {
  const bad = (url: string) => offer(`a${HOSTILE}.apk`, { action: { kind: 'download', label: HOSTILE, url } })
  const verdict = { level: 'error', title: HOSTILE, text: HOSTILE } as const
  const full = {
    ...bad('javascript:alert(1)'),
    title: HOSTILE,
    machine: HOSTILE,
    facts: [{ name: HOSTILE, value: HOSTILE, digest: HOSTILE }],
    verdicts: [verdict],
    permissions: [{ name: HOSTILE, text: HOSTILE, reason: HOSTILE, isAsked: true }],
    commands: [{ label: HOSTILE, text: HOSTILE, note: HOSTILE }],
    phoneCheck: { fileName: HOSTILE, udid: HOSTILE, answer: verdict },
  }
  const offers = [
    full,
    { ...full, id: 'offer-b', isBest: true },
    bad('itms-services://x'),
    bad('//evil'),
    bad('data:x'),
  ]
  const html = render({
    ...fullPage({ groups: [{ ...group('android', offers), url: '?platform=android' }], notices: [verdict] }),
    app: { name: HOSTILE, slug: 'notes', summary: HOSTILE, url: '/notes', iconUrl: null },
    place: { kind: 'branch', name: HOSTILE },
  })
  assert.doesNotMatch(
    html.replace(/<script type="module" src="[^"]*"><\/script>/, ''),
    /<script|<img src=x|&amp;(?!amp;)</,
  )
  assert.deepEqual(pageActions(html), [], 'no address of them becomes a link')
})
