import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needPrograms } from '../../helpers/debian.ts'
import { needFiles } from '../need-file.ts'
import { told } from '../tool.ts'
import { type Built, built } from './built.ts'
import { keyPair } from './keys.ts'

const FRAMEWORK = '/usr/share/android-framework-res/framework-res.apk'

const MANIFEST = `<?xml version="1.0" encoding="utf-8"?>
<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="com.example.notes"
    android:versionCode="1040" android:versionCodeMajor="2" android:versionName="@string/version">
  <uses-sdk android:minSdkVersion="21" android:targetSdkVersion="29" />
  <uses-permission android:name="android.permission.INTERNET" />
  <uses-permission android:name="android.permission.CAMERA" android:maxSdkVersion="30" />
  <uses-permission-sdk-23 android:name="android.permission.READ_CONTACTS" />
  <uses-feature android:name="android.hardware.camera" android:required="false" />
  <uses-feature android:name="android.hardware.nfc" />
  <uses-feature android:glEsVersion="0x00030000" />
  <application android:label="@string/label" android:icon="@drawable/icon" android:debuggable="@bool/debuggable"
      android:testOnly="true" android:extractNativeLibs="false">
    <activity android:name=".Main" android:exported="true">
      <intent-filter>
        <action android:name="android.intent.action.MAIN" />
        <category android:name="android.intent.category.LAUNCHER" />
      </intent-filter>
    </activity>
  </application>
</manifest>
`
const VALUES = `<?xml version="1.0" encoding="utf-8"?>
<resources>
  <string name="version">1.4.0-rc.1</string>
  <string name="label">@string/real_label</string>
  <string name="real_label">Notes &amp; “more” – ñ 記</string>
  <bool name="debuggable">true</bool>
</resources>
`
const VALUES_DE = `<?xml version="1.0" encoding="utf-8"?>
<resources><string name="real_label">Notizen</string></resources>
`
/** One red pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'

/** `apksigner sign` with `--v1-signing-enabled` and so on; the lowest SDK makes schemes suffice. */
const SCHEMES: Readonly<Record<string, readonly [v1: boolean, v2: boolean, v3: boolean]>> = {
  v1: [true, false, false],
  v1v2: [true, true, false],
  v1v2v3: [true, true, true],
  v2: [false, true, false],
  v3: [false, false, true],
}

/** Android packages signed in every way that apksigner knows, with RSA, EC and DSA keys, and one with a rotated key. */
export function builtApks(): Promise<readonly Built[]> {
  needPrograms({ zipalign: 'zipalign', apksigner: 'apksigner', zip: 'zip', openssl: 'openssl' })
  return built(import.meta.url, async (folder) => {
    const unsigned = await link(folder)
    for (const kind of ['rsa', 'ec', 'dsa'] as const) {
      const key = await keyPair(folder, `_${kind}`, kind)
      for (const [name, schemes] of Object.entries(SCHEMES)) {
        const target = join(folder, `${kind}-${name}.apk`)
        await sign(unsigned, target, schemes, ['--key', key.key, '--cert', key.certificate])
      }
    }
    await rotated(folder, unsigned)
    await told('cp', [unsigned, join(folder, 'unsigned.apk')])
  })
}

/** What aapt2 makes of the manifest and the resources. @param options `--proto-format` for what bundles hold */
export async function linkResources(folder: string, ...options: readonly string[]): Promise<string> {
  needPrograms({ aapt2: 'aapt' })
  needFiles({ [FRAMEWORK]: 'android-framework-res' })
  const resources = join(folder, '_res')
  for (const kind of ['values', 'values-de', 'drawable-mdpi', 'drawable-xhdpi'])
    mkdirSync(join(resources, kind), { recursive: true })
  writeFileSync(join(resources, 'values', 'strings.xml'), VALUES)
  writeFileSync(join(resources, 'values-de', 'strings.xml'), VALUES_DE)
  for (const density of ['mdpi', 'xhdpi'])
    writeFileSync(join(resources, `drawable-${density}`, 'icon.png'), Buffer.from(PNG, 'base64'))
  const manifest = join(folder, '_AndroidManifest.xml')
  writeFileSync(manifest, MANIFEST)
  const compiled = join(folder, '_compiled.zip')
  await told('aapt2', ['compile', '--dir', resources, '-o', compiled])
  const linked = join(folder, '_linked.apk')
  await told('aapt2', ['link', ...options, '-o', linked, '-I', FRAMEWORK, '--manifest', manifest, compiled])
  return linked
}

/** An aligned package without signature. */
async function link(folder: string): Promise<string> {
  const linked = await linkResources(folder)
  const libraries = join(folder, '_tree')
  for (const abi of ['arm64-v8a', 'x86_64']) {
    mkdirSync(join(libraries, 'lib', abi), { recursive: true })
    writeFileSync(join(libraries, 'lib', abi, 'libnotes.so'), Buffer.alloc(3000, abi))
  }
  writeFileSync(join(libraries, 'classes.dex'), Buffer.alloc(5000, 'dex'))
  await told('zip', ['-q', '-r', '-X', '-D', linked, 'classes.dex'], { cwd: libraries })
  await told('zip', ['-q', '-r', '-X', '-D', '-0', linked, 'lib'], { cwd: libraries })
  const aligned = join(folder, '_aligned.apk')
  await told('zipalign', ['-p', '4', linked, aligned])
  return aligned
}

function sign(
  unsigned: string,
  target: string,
  [v1, v2, v3]: readonly [boolean, boolean, boolean],
  signers: readonly string[],
): Promise<Buffer> {
  const schemes = ['--v1-signing-enabled', v1, '--v2-signing-enabled', v2, '--v3-signing-enabled', v3]
  const args = [...schemes.map(String), '--v4-signing-enabled', 'false']
  return told('apksigner', ['sign', ...args, ...signers, '--out', target, unsigned])
}

async function rotated(folder: string, unsigned: string): Promise<void> {
  const keys = [
    await keyPair(folder, '_old', 'rsa'),
    await keyPair(folder, '_between', 'ec'),
    await keyPair(folder, '_new', 'rsa'),
  ] as const
  const lineage = join(folder, '_lineage')
  const [first, second, third] = keys.map(({ key, certificate }) => ['--key', key, '--cert', certificate])
  await told('apksigner', ['rotate', '--out', lineage, '--old-signer', ...first!, '--new-signer', ...second!])
  const longer = join(folder, '_longer-lineage')
  const rotate = ['rotate', '--in', lineage, '--out', longer, '--old-signer', ...second!, '--new-signer', ...third!]
  await told('apksigner', rotate)
  const two = [...first!, '--next-signer', ...second!, '--lineage', lineage]
  await sign(unsigned, join(folder, 'rotated-once.apk'), [true, true, true], two)
  const three = [...first!, '--next-signer', ...third!, '--lineage', longer]
  await sign(unsigned, join(folder, 'rotated-twice.apk'), [true, true, true], three)
}
