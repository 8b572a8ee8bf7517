import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildMacho } from '../../fixtures/build-program.ts'
import { needPrograms } from '../../helpers/debian.ts'
import { sample } from '../samples.ts'
import { told } from '../tool.ts'
import { type Built, built } from './built.ts'
import { type KeyPair, keyPair } from './keys.ts'

const INFO = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>CFBundleIdentifier</key><string>com.example.notes</string>
  <key>CFBundleName</key><string>Notes</string>
  <key>CFBundleDisplayName</key><string>Notes &amp; “more” – ñ 記</string>
  <key>CFBundleShortVersionString</key><string>1.4.0</string>
  <key>CFBundleVersion</key><string>1040</string>
  <key>CFBundleExecutable</key><string>Notes</string>
  <key>CFBundlePackageType</key><string>APPL</string>
  <key>MinimumOSVersion</key><string>16.0</string>
  <key>CFBundleSupportedPlatforms</key><array><string>iPhoneOS</string></array>
  <key>UIDeviceFamily</key><array><integer>1</integer><integer>2</integer></array>
  <key>NSCameraUsageDescription</key><string>To scan pages.</string>
  <key>NSFaceIDUsageDescription</key><string>To unlock.</string>
  <key>CFBundleIcons</key>
  <dict><key>CFBundlePrimaryIcon</key>
    <dict><key>CFBundleIconFiles</key><array><string>AppIcon60x60</string></array></dict>
  </dict>
</dict>
</plist>
`

/** What tells types of profiles apart. */
const TYPES: Readonly<Record<string, { readonly more: string; readonly debug: boolean }>> = {
  'app-store': { more: '', debug: false },
  'ad-hoc': { more: devices(3), debug: false },
  development: { more: devices(150), debug: true },
  enterprise: { more: '<key>ProvisionsAllDevices</key><true/>', debug: false },
}

function devices(count: number): string {
  const ids = Array.from({ length: count }, (_, i) => `<string>00008110-${String(i).padStart(16, '0')}</string>`)
  return `<key>ProvisionedDevices</key><array>${ids.join('')}</array>`
}

function profilePlist(type: string, certificate: Buffer): string {
  const { more, debug } = TYPES[type]!
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>AppIDName</key><string>Notes</string>
  <key>ApplicationIdentifierPrefix</key><array><string>ABCDE12345</string></array>
  <key>CreationDate</key><date>2026-01-02T03:04:05Z</date>
  <key>ExpirationDate</key><date>2049-01-02T03:04:05Z</date>
  <key>Platform</key><array><string>iOS</string></array>
  <key>DeveloperCertificates</key><array><data>${certificate.toString('base64')}</data></array>
  <key>Entitlements</key>
  <dict>
    <key>application-identifier</key><string>ABCDE12345.com.example.notes</string>
    <key>com.apple.developer.team-identifier</key><string>ABCDE12345</string>
    <key>get-task-allow</key><${debug}/>
    <key>keychain-access-groups</key><array><string>ABCDE12345.*</string></array>
  </dict>
  <key>Name</key><string>Notes ${type} – ñ</string>
  ${more}
  <key>TeamIdentifier</key><array><string>ABCDE12345</string></array>
  <key>TeamName</key><string>Example, Inc. &amp; Söhne</string>
  <key>TimeToLive</key><integer>365</integer>
  <key>UUID</key><string>0f9e8d7c-6b5a-4938-2716-0504030201ff</string>
  <key>Version</key><integer>1</integer>
</dict>
</plist>
`
}

/** The main folder of the application within the archives. */
export const APP = 'Payload/Notes.app'

/** Archives for iOS with a profile of each type, in the two encodings of CMS; and with Info.plist as XML and binary. */
export function builtIpas(): Promise<readonly Built[]> {
  needPrograms({ plistutil: 'libplist-utils', openssl: 'openssl', zip: 'zip' })
  return built(import.meta.url, async (folder) => {
    const key = await keyPair(folder, '_apple', 'rsa', '/UID=ABCDE12345/CN=Apple Distribution: Example (ABCDE12345)')
    await told('openssl', ['x509', '-in', key.certificate, '-outform', 'DER', '-out', join(folder, '_apple.der')])
    const certificate = readFileSync(join(folder, '_apple.der'))
    const icon = await sample('test/cgbi-image.png')
    for (const type of Object.keys(TYPES)) {
      for (const encoding of ['der', 'ber']) {
        const name = `${type}-${encoding}`
        const app = join(folder, `_${name}`, APP)
        mkdirSync(app, { recursive: true })
        writeFileSync(join(app, 'Info.xml'), INFO)
        const form = encoding === 'der' ? 'bin' : 'xml'
        await told('plistutil', ['-i', 'Info.xml', '-f', form, '-o', 'Info.plist'], { cwd: app })
        await told('rm', ['Info.xml'], { cwd: app })
        writeFileSync(join(app, 'Notes'), buildMacho({ platform: 2, minOs: [16, 0] }))
        writeFileSync(join(app, 'AppIcon60x60@2x.png'), readFileSync(icon.file))
        const plist = join(folder, `_${name}.plist`)
        writeFileSync(plist, profilePlist(type, certificate))
        await signProfile(plist, join(app, 'embedded.mobileprovision'), key, encoding === 'ber')
        await told('zip', ['-q', '-r', '-X', join(folder, `${name}.ipa`), 'Payload'], { cwd: join(folder, `_${name}`) })
      }
    }
  })
}

/** Streaming makes openssl write indefinite lengths, as Apple does. */
async function signProfile(plist: string, target: string, key: KeyPair, isStreamed: boolean): Promise<void> {
  const sign = ['cms', '-sign', '-binary', '-nodetach', '-md', 'sha256', '-in', plist, '-outform', 'DER']
  const signer = ['-signer', key.certificate, '-inkey', key.pem]
  await told('openssl', [...sign, ...signer, ...(isStreamed ? ['-stream'] : []), '-out', target])
}
