import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { offerScene } from '../../test/helpers/offered-file.ts'
import type { Device } from '../model/install-page.ts'
import { ARCHES, type Arch, FORMATS, type Format, PLATFORMS, type Platform } from '../model/platform.ts'
import { caveatsOf } from './caveats.ts'
import { nothingForDevice } from './nothing.ts'
import { offerGroups } from './offer.ts'
import type { OfferedFile, OfferedLink } from './offered.ts'
import { fitOf, inOrder } from './order.ts'

const UNKNOWN: Device = { platform: null, arch: null, version: null, packages: null, source: 'none' }

/** `macos arm64 28`, `linux x64 - deb` */
function device(text: string): Device {
  const [platform, arch, version, packages] = text.split(' ').map((part) => (part === '-' ? null : part))
  return { ...UNKNOWN, platform, arch, version, packages, source: 'agent' } as Device
}

/** `macos arm64 dmg`, with a variant `linux x64 tar.gz musl` */
function file(text: string, abis?: readonly string[]): OfferedFile {
  const [platform, arch, format, variant] = text.split(' ') as [Platform, Arch, Format, string?]
  const fileName = `notes-${text.replaceAll(' ', '-')}`
  return {
    fileName,
    platform,
    arch,
    format,
    variant: variant ?? null,
    sizeBytes: 1,
    digest: `sha256:${'0'.repeat(64)}`,
    inspection: { format, ...(abis && { abis: [...abis] }) },
    checks: [],
    url: `/notes/releases/1.0.0/${fileName}`,
  }
}

const link = (platform: Platform, kind: OfferedLink['kind']): OfferedLink => ({
  platform,
  kind,
  url: `https://${kind}`,
})

function fit(of: string, on: string, abis?: readonly string[]): string {
  return fitOf(file(of, abis), device(on))
}

test('what runs on a device is what its system runs, also by translation', () => {
  const expected: readonly (readonly [of: string, on: string, fit: string])[] = [
    ['any any npm', '- - - -', 'fits'],
    ['any any npm', 'ios - -', 'fits'],
    ['macos universal dmg', 'macos arm64 -', 'fits'],
    ['macos universal dmg', 'macos - -', 'fits'],
    ['macos arm64 dmg', 'macos arm64 -', 'fits'],
    ['macos x64 dmg', 'macos arm64 15.5', 'emulated'],
    ['macos x64 dmg', 'macos arm64 27', 'emulated'],
    ['macos x64 dmg', 'macos arm64 28', 'not'],
    ['macos arm64 dmg', 'macos x64 -', 'not'],
    ['macos arm64 dmg', 'macos - -', 'unknown'],
    ['macos arm64 dmg', 'windows arm64 -', 'not'],
    ['macos arm64 dmg', '- - -', 'unknown'],
    ['windows x64 exe', 'windows arm64 11', 'emulated'],
    ['windows x64 exe', 'windows arm64 -', 'emulated'],
    ['windows x64 exe', 'windows arm64 10', 'not'],
    ['windows x86 exe', 'windows arm64 10', 'emulated'],
    ['windows arm exe', 'windows arm64 11', 'unknown'],
    ['windows x86 exe', 'windows x64 -', 'fits'],
    ['windows x64 exe', 'windows x86 10', 'not'],
    ['windows arm64 exe', 'windows x64 -', 'not'],
    ['linux x64 elf', 'linux arm64 -', 'not'],
    ['linux x86 elf', 'linux x64 -', 'unknown'],
    ['linux arm elf', 'linux arm64 -', 'unknown'],
    ['linux riscv64 elf', 'linux riscv64 -', 'fits'],
    ['linux x64 deb', 'linux x64 - deb', 'fits'],
    ['linux x64 deb', 'linux x64 - rpm', 'not'],
    ['linux x64 rpm', 'linux x64 - deb', 'not'],
    ['linux x64 rpm', 'linux x64 - -', 'fits'],
    ['linux x64 appimage', 'linux x64 - rpm', 'fits'],
    ['android arm apk', 'android arm64 14', 'unknown'],
    ['android arm64 apk', 'android - 14', 'unknown'],
    ['android any apk', 'android - -', 'fits'],
    ['android arm64 apk', 'android arm -', 'not'],
    ['ios arm64 ipa', 'ios - 17.5', 'fits'],
    ['ios any ipa', 'ios - -', 'fits'],
    ['ios arm ipa', 'ios - 17.5', 'not'],
    ['ios arm ipa', 'ios - 9.3.5', 'fits'],
    ['ios arm64 ipa', 'macos arm64 -', 'not'],
  ]
  for (const [of, on, result] of expected) assert.equal(fit(of, on), result, `${of} on ${on}`)
  // The native code that is in a package decides, where it says more than one word.
  assert.equal(fit('android universal apk', 'android arm64 -', ['armeabi-v7a']), 'unknown')
  assert.equal(fit('android universal apk', 'android arm64 -', ['armeabi-v7a', 'arm64-v8a']), 'fits')
  assert.equal(fit('android universal apk', 'android x64 -', ['arm64-v8a', 'armeabi-v7a']), 'unknown')
})

/** Names in the order of the page, the best marked. */
function shown(files: readonly OfferedFile[], links: readonly OfferedLink[], on: Device): string[] {
  return offerGroups(files, links, offerScene(on)).flatMap(({ offers }) =>
    offers.map(({ fileName, action, isBest }) => `${isBest ? '* ' : ''}${fileName?.slice(6) ?? action!.url.slice(8)}`),
  )
}

test('the best comes first, by device, way, processor, form and variant', () => {
  const orders: readonly (readonly [on: string, expected: readonly string[]])[] = [
    [
      'macos arm64 15',
      ['* macos-universal-dmg', 'macos-arm64-dmg', 'macos-arm64-pkg', 'macos-arm64-tar.gz', 'macos-x64-dmg'],
    ],
    [
      'macos x64 13',
      ['* macos-universal-dmg', 'macos-x64-dmg', 'macos-arm64-dmg', 'macos-arm64-pkg', 'macos-arm64-tar.gz'],
    ],
    ['windows arm64 11', ['* windows-x64-exe', 'windows-x64-msi', 'windows-x64-zip', 'windows-x86-exe']],
    ['windows arm64 10', ['* windows-x86-exe', 'windows-x64-exe', 'windows-x64-msi', 'windows-x64-zip']],
    [
      'linux x64 - deb',
      [
        '* linux-x64-deb',
        'linux-x64-appimage',
        'linux-x64-tar.gz',
        'linux-x64-tar.gz-musl',
        'linux-x64-rpm',
        'linux-arm64-deb',
      ],
    ],
    [
      'linux x64 - rpm',
      [
        '* linux-x64-rpm',
        'linux-x64-appimage',
        'linux-x64-tar.gz',
        'linux-x64-tar.gz-musl',
        'linux-x64-deb',
        'linux-arm64-deb',
      ],
    ],
    [
      'linux x64 - -',
      [
        '* linux-x64-appimage',
        'linux-x64-deb',
        'linux-x64-rpm',
        'linux-x64-tar.gz',
        'linux-x64-tar.gz-musl',
        'linux-arm64-deb',
      ],
    ],
    ['linux arm64 - -', ['* linux-arm64-deb']],
    ['android - -', ['* android-any-apk', 'play', 'android-arm64-apk', 'android-any-aab']],
    ['ios - 17', ['* testflight', 'ios-arm64-ipa']],
  ]
  const files = [...new Set(orders.flatMap(([, names]) => names))]
    .filter((name) => name.includes('-'))
    .map((name) => file(name.replace('* ', '').replaceAll('-', ' ')))
  const unique = [...new Map(files.map((one) => [one.fileName, one])).values()]
  const links = [link('ios', 'testflight'), link('android', 'play')]
  for (const [on, expected] of orders) {
    const all = shown(unique.toReversed(), links, device(on))
    assert.deepEqual(all.slice(0, expected.length), expected, on)
    assert.equal(all.filter((name) => name.startsWith('* ')).length, 1, on)
  }
})

test('platforms stand in one order behind that of the device, and what is for any is last but where it is all there is', () => {
  const files = [
    'any any npm',
    'linux x64 deb',
    'windows x64 exe',
    'macos universal dmg',
    'ios arm64 ipa',
    'android any apk',
  ]
  const platforms = (on: string, names = files) =>
    offerGroups(
      names.map((name) => file(name)),
      [],
      offerScene(device(on)),
    ).map(({ platform }) => platform)
  assert.deepEqual(platforms('- - -'), ['android', 'ios', 'macos', 'windows', 'linux', 'any'])
  assert.deepEqual(platforms('windows x64 -'), ['windows', 'android', 'ios', 'macos', 'linux', 'any'])
  assert.deepEqual(platforms('windows x64 -', ['any any npm', 'linux x64 deb', 'ios arm64 ipa']), [
    'any',
    'ios',
    'linux',
  ])
  // An exe for another processor is not taken from where it stands, but nothing is said to be the best of it.
  assert.deepEqual(platforms('windows x86 10', files), ['windows', 'any', 'android', 'ios', 'macos', 'linux'])
})

test('nothing is the best that cannot be taken, does not run, or runs on a processor of which nothing is known', () => {
  const best = (on: string, ...files: readonly OfferedFile[]) =>
    shown(files, [], device(on)).filter((name) => name.startsWith('* '))
  assert.deepEqual(best('android arm64 14', file('android any aab')), [])
  assert.deepEqual(best('android arm64 14', file('android arm apk')), [])
  assert.deepEqual(best('android - 14', file('android arm64 apk')), ['* android-arm64-apk'])
  assert.deepEqual(best('macos - -', file('macos x64 dmg'), file('macos arm64 dmg')), ['* macos-arm64-dmg'])
  assert.deepEqual(best('macos x64 -', file('macos arm64 dmg')), [])
  assert.deepEqual(best('linux - -', file('linux riscv64 elf')), [])
  assert.deepEqual(best('linux - -', file('linux riscv64 elf'), file('linux x64 elf')), ['* linux-x64-elf'])
  assert.deepEqual(best('ios - 17', file('ios arm64 ipa')), [], 'a file that iOS does not install is not what to take')
  assert.deepEqual(best('ios - 17', file('ios arm64 ipa'), file('any any npm')), ['* any-any-npm'])
  assert.deepEqual(best('- - -', file('any any npm'), file('linux x64 deb')), [])
  const scene = { ...offerScene(device('linux x64 -')), mayHave: () => false }
  assert.ok(!offerGroups([file('linux x64 deb')], [], scene)[0]!.offers[0]!.isBest)
})

test('what the device refuses is not what to take, however well it fits: the next one is', () => {
  const apk = (name: string, minOs: string): OfferedFile => ({
    ...file(`android arm64 apk ${name}`),
    inspection: { format: 'apk', minOs },
  })
  const order = (...files: readonly OfferedFile[]) => shown(files, [], device('android arm64 11'))
  assert.deepEqual(order(apk('a', '31'), apk('b', '26')), ['* android-arm64-apk-b', 'android-arm64-apk-a'])
  assert.deepEqual(order(apk('a', '31')), ['android-arm64-apk-a'])
})

const anyDevice = fc.record({
  platform: fc.constantFrom('android', 'ios', 'macos', 'windows', 'linux', null),
  arch: fc.constantFrom('x64', 'arm64', 'arm', 'x86', 'riscv64', null),
  version: fc.constantFrom('10', '11', '17.5.1', '28', null),
  packages: fc.constantFrom('deb', 'rpm', null),
  source: fc.constantFrom('asked', 'hints', 'agent'),
}) as fc.Arbitrary<Device>
const anyFile = fc
  .tuple(
    fc.constantFrom(...PLATFORMS),
    fc.constantFrom(...ARCHES),
    fc.constantFrom(...FORMATS),
    fc.constantFrom('', ' musl'),
  )
  .map(([platform, arch, format, variant]) => file(`${platform} ${arch} ${format}${variant}`))
const anyLink = fc
  .tuple(fc.constantFrom(...PLATFORMS), fc.constantFrom('testflight', 'app-store', 'play', 'web'))
  .map(([platform, kind]) => link(platform, kind as OfferedLink['kind']))

test('whatever is offered to whatever device, all of it is there once, whichever way it came, and the best of it runs', () => {
  const FIT = ['fits', 'emulated', 'unknown', 'not']
  fc.assert(
    fc.property(
      fc.uniqueArray(anyFile, { maxLength: 12, selector: ({ fileName }) => fileName }),
      fc.uniqueArray(anyLink, { maxLength: 4, selector: ({ platform, kind }) => platform + kind }),
      anyDevice,
      (files, links, on) => {
        const scene = offerScene(on)
        const groups = offerGroups(files, links, scene)
        assert.deepEqual(offerGroups(files.toReversed(), links.toReversed(), scene), groups)
        const offers = groups.flatMap((group) => group.offers)
        assert.equal(offers.length, files.length + links.length)
        assert.deepEqual(
          offers.flatMap(({ fileName }) => fileName ?? []).sort(),
          files.map(({ fileName }) => fileName).sort(),
        )
        assert.equal(new Set(offers.map(({ id }) => id)).size, offers.length)
        assert.equal(new Set(groups.map(({ platform }) => platform)).size, groups.length)
        const best = offers.filter(({ isBest }) => isBest)
        assert.ok(best.length <= 1)
        for (const { fit: found, action } of best) {
          assert.notEqual(action, null)
          assert.ok(found === 'fits' || found === 'emulated' || (found === 'unknown' && on.arch === null))
          const own = groups.find((group) => group.offers.includes(best[0]!))!
          assert.equal(own.offers[0], best[0])
          // What runs better is not to be taken: refused, or nothing opens it there.
          const better = own.offers.filter((offer) => FIT.indexOf(offer.fit) < FIT.indexOf(found))
          const isOut = ({ fileName, verdicts }: (typeof better)[number]) =>
            /-(?:aab|apks|xapk|ipa)(?:-musl)?$/.test(fileName ?? '') || verdicts.some(({ level }) => level === 'error')
          assert.ok(better.every(isOut))
          assert.equal(nothingForDevice(groups, on), null)
        }
        if (on.platform !== null && groups.some(({ platform }) => platform === on.platform)) {
          assert.equal(groups[0]!.platform, on.platform)
        }
        const nothing = nothingForDevice(groups, on)
        const serves = ({ platform, fit: found }: { platform: Platform; fit: string }) =>
          (platform === on.platform || platform === 'any') && found !== 'not'
        const isServed = groups.some(({ platform, offers: own }) =>
          own.some((offer) => serves({ platform, fit: offer.fit })),
        )
        assert.equal(nothing !== null, on.platform !== null && groups.length > 0 && !isServed)
        for (const { text } of caveatsOf(on, groups)) assert.match(text, /\.$/)
      },
    ),
    { numRuns: 500 },
  )
})

test('order alone keeps every candidate', () => {
  const candidates = ['macos x64 dmg', 'macos arm64 dmg', 'any any oci'].map(
    (name) => ({ kind: 'file', file: file(name) }) as const,
  )
  const groups = inOrder(candidates, device('macos arm64 -'))
  assert.deepEqual(
    groups.map(({ platform, candidates: found }) => [platform, found.length]),
    [
      ['macos', 2],
      ['any', 1],
    ],
  )
})

test('where there is nothing for a device, the page says for what there is something', () => {
  const nothing = (on: string, ...names: readonly string[]) => {
    const found = offerGroups(
      names.map((name) => file(name)),
      [],
      offerScene(device(on)),
    )
    return nothingForDevice(found, device(on))
  }
  assert.deepEqual(nothing('windows x64 -', 'android any apk', 'linux x64 deb', 'macos arm64 dmg'), {
    title: 'There is no build for Windows',
    text: 'This is for Android, macOS and Linux.',
  })
  assert.deepEqual(nothing('windows x86 10', 'windows x64 exe', 'windows arm64 exe'), {
    title: 'There is no build for Windows on 32-bit Intel and AMD',
    text: 'What is here for Windows needs 64-bit Intel and AMD or 64-bit ARM.',
  })
  assert.deepEqual(nothing('linux arm64 - -', 'linux x64 deb'), {
    title: 'There is no build for Linux on 64-bit ARM',
    text: 'What is here for Linux needs 64-bit Intel and AMD.',
  })
  assert.deepEqual(nothing('macos x64 -', 'macos arm64 dmg'), {
    title: 'There is no build for macOS on Intel',
    text: 'What is here for macOS needs Apple silicon.',
  })
  assert.deepEqual(nothing('linux x64 - rpm', 'linux x64 deb'), {
    title: 'There is no package for this kind of Linux',
    text: 'What is here for this processor are Debian packages.',
  })
  assert.equal(nothing('windows x64 -', 'any any npm'), null)
  assert.equal(nothing('macos - -', 'macos arm64 dmg'), null)
  assert.equal(nothing('- - -', 'macos arm64 dmg'), null)
  assert.equal(nothing('windows x64 -'), null)
})

test('what a browser does not tell is said where it decides, with the way to the other page', () => {
  const caveats = (on: Device, ...names: readonly string[]) =>
    caveatsOf(
      on,
      offerGroups(
        names.map((name) => file(name)),
        [],
        offerScene(on),
      ),
    )
  const mac = device('macos - -')
  assert.match(caveats(mac, 'macos arm64 dmg', 'macos x64 dmg')[0]!.text, /does not tell which processor the Mac has/)
  assert.deepEqual(caveats(mac, 'macos universal dmg'), [])
  assert.deepEqual(caveats(mac, 'macos universal dmg', 'macos x64 dmg'), [], 'what to take runs on both')
  assert.deepEqual(caveats(mac, 'macos universal dmg', 'ios arm64 ipa'), [
    { text: 'An iPad says that it is a Mac.', link: { label: 'Using an iPad?', url: '?platform=ios' } },
  ])
  for (const source of ['asked', 'hints'] as const) {
    assert.deepEqual(caveats({ ...mac, source }, 'macos universal dmg', 'ios arm64 ipa'), [])
  }
  assert.deepEqual(caveats(device('macos arm64 15'), 'macos arm64 dmg', 'macos x64 dmg'), [])
})
