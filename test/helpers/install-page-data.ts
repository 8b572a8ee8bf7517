import type { InstallPage, Offer, OfferGroup, PhoneCheck, Verdict } from '../../src/model/install-page.ts'
import type { MarkdownText } from '../../src/model/markdown.ts'

/** Models of install pages, as full as real ones get: for what is about their markup alone. */

const SHA = '3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
let count = 0

export function offer(fileName: string | null, more: Partial<Offer> = {}): Offer {
  count++
  const url = fileName === null ? 'https://testflight.apple.com/join/AbCd1234' : `/notes/releases/1.4.0/${fileName}`
  return {
    id: `offer-${count}`,
    title: 'File',
    fileName,
    machine: null,
    fit: 'unknown',
    isBest: false,
    action: { kind: fileName === null ? 'open' : 'download', label: fileName === null ? 'Open' : 'Download', url },
    withheld: null,
    file: null,
    size: fileName === null ? null : '24 MiB',
    sha256: fileName === null ? null : (count % 16).toString(16) + SHA,
    facts: [],
    verdicts: [],
    permissions: [],
    commands: [],
    phoneCheck: null,
    ...more,
  }
}

const told = (level: Verdict['level'], title: string, text: string | null = null): Verdict => ({ level, title, text })

const GUARDED = {
  windows: [
    told(
      'warning',
      'Windows will warn before it starts',
      'The file has no signature. Choose More info, then Run anyway.',
    ),
    told('info', 'It asks for an administrator', null),
  ],
  macos: [told('good', 'Signed, and a notarization ticket is stapled', 'macOS asks once whether to open it.')],
} as const

const command = (fileName: string, label: string, run: string) => ({
  label,
  text: `curl -fLO https://dist.example.com/notes/releases/1.4.0/${fileName} && echo '3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8551  ${fileName}' | sha256sum -c && ${run}`,
  note: null,
})

const machine = (name: string) => ({ machine: name })

export function androidOffers(): Offer[] {
  const facts = [
    { name: 'Min OS', value: 'Android 8.0 (API 26)' },
    {
      name: 'Signature',
      value: 'apk-v3 (28+), apk-v2 valid, certificate names CN=Example Notes',
      digest: `sha256:a${SHA}`,
    },
  ]
  const permissions = [
    { name: 'android.permission.CAMERA', text: 'Take pictures and videos', reason: null, isAsked: true },
    { name: 'android.permission.POST_NOTIFICATIONS', text: 'Show notifications', reason: null, isAsked: true },
    { name: 'android.permission.INTERNET', text: 'Use the network', reason: null, isAsked: false },
    { name: 'com.example.notes.SYNC', text: null, reason: null, isAsked: false },
  ]
  const verdicts = [
    told('good', 'Installs over 1.3.0', 'The signer is the same, and what you have stays.'),
    told('info', 'Android asks before it installs', 'Allow this browser to install unknown apps when it does.'),
  ]
  const file = (fileName: string, more: Partial<Offer>) =>
    offer(fileName, {
      title: 'Android app',
      facts,
      permissions,
      verdicts,
      commands: [{ label: 'A computer with adb', text: `adb install ${fileName}`, note: null }],
      ...more,
    })
  return [
    file('notes-1.4.0-arm64.apk', machine('64-bit ARM')),
    file('notes-1.4.0-x64.apk', machine('64-bit Intel and AMD')),
  ]
}

export function iosOffers(phoneCheck: Partial<PhoneCheck> = {}): Offer[] {
  return [
    offer(null, {
      title: 'TestFlight',
      action: { kind: 'open', label: 'Open in TestFlight', url: 'https://testflight.apple.com/join/AbCd1234' },
    }),
    offer('Notes-adhoc.ipa', {
      title: 'iOS app',
      action: {
        kind: 'install',
        label: 'Install on an enrolled device',
        url: 'itms-services://?action=download-manifest&url=https%3A%2F%2Fdist.example.com%2Fnotes%2Freleases%2F1.4.0%2Fmanifest.plist',
      },
      facts: [
        { name: 'Min OS', value: 'iOS 16.0' },
        { name: 'Profile', value: 'ad-hoc "Notes ad-hoc", team ABCDE12345, until 2027-01-01, 2 devices' },
      ],
      permissions: [{ name: 'NSCameraUsageDescription', text: 'Camera', reason: 'Scans notes', isAsked: true }],
      verdicts: [
        told(
          'warning',
          'It installs on 2 devices only',
          'The profile names them one by one. Others show "Unable to Install".',
        ),
        told('info', 'The profile ends on 2027-01-01', 'The app does not start after that day.'),
      ],
      phoneCheck: { fileName: 'Notes-adhoc.ipa', udid: null, answer: null, ...phoneCheck },
    }),
    offer('Notes.ipa', {
      title: 'iOS app',
      action: null,
      withheld: { text: 'This file is for signed-in people and share links.', canSignIn: true },
      facts: [{ name: 'Min OS', value: 'iOS 16.0' }],
      verdicts: [told('error', 'iPhones do not take this file from a web page', 'Its profile is of the App Store.')],
    }),
  ]
}

const desktop = (fileName: string, title: string, name: string, more: Partial<Offer>) =>
  offer(fileName, { title, machine: name, ...more })

export function macOffers(): Offer[] {
  const more = {
    facts: [
      { name: 'Min OS', value: 'macOS 12.0' },
      {
        name: 'Signature',
        value: 'apple valid, certificate names Developer ID Application: Example Inc',
        digest: `sha256:b${SHA}`,
      },
      { name: 'Notarization', value: 'ticket stapled, unverified' },
    ],
    verdicts: GUARDED.macos,
  }
  return [
    desktop('Notes-arm64.dmg', 'Disk image', 'Apple silicon', more),
    desktop('Notes-x64.dmg', 'Disk image', 'Intel', more),
  ]
}

export function windowsOffers(): Offer[] {
  const more = (fileName: string) => ({
    facts: [{ name: 'Signed', value: 'no' }],
    verdicts: GUARDED.windows,
    commands: [
      {
        label: 'PowerShell',
        text: `irm https://dist.example.com/notes/releases/1.4.0/${fileName} -OutFile ${fileName}; if ((Get-FileHash ${fileName}).Hash -ne '3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B8551') { throw 'damaged' }`,
        note: null,
      },
    ],
  })
  return [
    desktop('notes-arm64.msi', 'Windows Installer package', '64-bit ARM', more('notes-arm64.msi')),
    desktop('notes-x64.exe', 'Installer', '64-bit Intel and AMD', more('notes-x64.exe')),
  ]
}

export function linuxOffers(): Offer[] {
  const more = (fileName: string, run: string) => ({
    commands: [command(fileName, 'Terminal on Debian and Ubuntu', run)],
  })
  return [
    desktop('notes_1.4.0_amd64.deb', 'Debian package', '64-bit Intel and AMD', {
      ...more('notes_1.4.0_amd64.deb', 'sudo apt install ./notes_1.4.0_amd64.deb'),
      facts: [{ name: 'Version', value: '1.4.0-1' }],
    }),
    desktop(
      'notes-1.4.0-x64.AppImage',
      'AppImage',
      '64-bit Intel and AMD',
      more('notes-1.4.0-x64.AppImage', 'chmod +x notes-1.4.0-x64.AppImage'),
    ),
  ]
}

const TITLES = {
  android: 'Android',
  ios: 'iPhone and iPad',
  macos: 'macOS',
  windows: 'Windows',
  linux: 'Linux',
  any: 'Any platform',
} as const

export function group(platform: keyof typeof TITLES, offers: readonly Offer[]): OfferGroup {
  return { platform, title: TITLES[platform], isForDevice: false, url: `?platform=${platform}`, offers }
}

const span = (text: string) => ({ kind: 'text', text }) as const

export const NOTES: MarkdownText = {
  moreUrl: null,
  blocks: [
    {
      kind: 'paragraph',
      spans: [span('Notes '), { kind: 'strong', spans: [span('sync')] }, span(' again, also offline.')],
    },
    {
      kind: 'list',
      start: null,
      items: [
        [{ kind: 'paragraph', spans: [span('Folders can be nested')] }],
        [{ kind: 'paragraph', spans: [span('Search finds titles')] }],
      ],
    },
  ],
}

/** A release with two files for each of five platforms, seen with no device in mind. */
export function fullPage(more: Partial<InstallPage> = {}): InstallPage {
  count = 0
  return {
    app: {
      name: 'Acme Notes',
      slug: 'notes',
      summary: 'Notes that sync without an account',
      url: '/notes',
      iconUrl: '/notes/stable/icon.png',
    },
    place: { kind: 'channel', name: 'stable' },
    release: {
      version: '1.4.0',
      build: '142',
      isPrerelease: false,
      url: '/notes/releases/1.4.0',
      announcedAt: '2026-11-22 10:15 UTC',
    },
    notices: [],
    device: { platform: null, arch: null, version: null, packages: null, source: 'none', label: null, caveats: [] },
    groups: [
      group('android', androidOffers()),
      group('ios', iosOffers()),
      group('macos', macOffers()),
      group('windows', windowsOffers()),
      group('linux', linuxOffers()),
    ],
    nothingForDevice: null,
    installers: [
      {
        label: 'Terminal on Linux and macOS',
        text: 'curl -fsSL https://dist.example.com/notes/stable/install.sh | sh',
        note: 'Chooses the file for the machine, verifies its checksum, and tells before it asks for rights.',
      },
      {
        label: 'PowerShell on Windows',
        text: 'irm https://dist.example.com/notes/stable/install.ps1 | iex',
        note: null,
      },
    ],
    attachments: [
      {
        title: 'notes.deb.sig',
        url: '/notes/releases/1.4.0/notes.deb.sig',
        details: ['signature of notes.deb', '566 B', `sha256:c${SHA}`],
      },
    ],
    notes: NOTES,
    facts: [{ name: 'Commit', value: '3f2a9c1d7e5b4a60918273645f5e4d3c2b1a0987' }],
    sections: [
      {
        id: 'history',
        title: 'History',
        empty: 'Nothing was here before',
        items: [
          { title: '1.4.0', url: '/notes/releases/1.4.0', details: ['2026-11-22 10:15 UTC'], chip: 'now' },
          { title: '1.4.0-rc.1', url: '/notes/releases/1.4.0-rc.1', details: ['2026-11-20 09:00 UTC'], chip: 'yanked' },
          { title: '1.3.0', url: '/notes/releases/1.3.0', details: ['2026-10-02 12:00 UTC'] },
        ],
      },
    ],
    qr: { imageUrl: '/notes/stable/qr.svg', url: 'https://dist.example.com/notes/stable' },
    checksumsUrl: '/notes/releases/1.4.0/sha256.sum',
    feed: { title: 'Announcements of Acme Notes', url: '/notes/announcements.atom' },
    ...more,
  }
}

const DEVICES = {
  android: 'Android 14',
  ios: 'an iPhone or iPad',
  macos: 'macOS on Apple silicon',
  windows: 'Windows on 64-bit ARM',
  linux: 'Linux',
} as const

/** The same page on a device: its platform first, and the first of it the best. */
export function pageFor(platform: keyof typeof DEVICES, page: InstallPage = fullPage()): InstallPage {
  const mine = page.groups
    .filter((each) => each.platform === platform)
    .map((each) => ({
      ...each,
      isForDevice: true,
      offers: each.offers.map((made, i): Offer => ({ ...made, isBest: i === 0, fit: i === 0 ? 'fits' : 'not' })),
    }))
  return {
    ...page,
    device: {
      platform,
      arch: null,
      version: null,
      packages: null,
      source: 'agent',
      label: DEVICES[platform],
      caveats: [],
    },
    groups: [...mine, ...page.groups.filter((each) => each.platform !== platform)],
    nothingForDevice:
      mine.length > 0
        ? null
        : { title: `There is no build for ${TITLES[platform]}`, text: 'This release has files for other platforms.' },
  }
}
