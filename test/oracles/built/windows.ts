import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needPrograms } from '../../helpers/debian.ts'
import { sample } from '../samples.ts'
import { told } from '../tool.ts'
import { type Built, built } from './built.ts'
import { type KeyPair, keyPair } from './keys.ts'

/** The subject of the signers; an MSIX names it as its publisher. */
const SUBJECT = '/C=DE/O=Example, Inc./CN=Notes GmbH'
const PUBLISHER = 'CN=Notes GmbH, O=&quot;Example, Inc.&quot;, C=DE'

const NSIS = `Unicode true
Name "Notes"
OutFile "nsis.exe"
InstallDir "$PROGRAMFILES\\Notes"
RequestExecutionLevel user
VIProductVersion "1.4.0.7"
VIFileVersion "1.4.0.8"
VIAddVersionKey "ProductName" "Notes – ñ 記"
VIAddVersionKey "ProductVersion" "1.4.0-rc.1"
VIAddVersionKey "CompanyName" "Example, Inc."
VIAddVersionKey "FileDescription" "Notes Setup"
VIAddVersionKey "FileVersion" "1.4.0.8"
VIAddVersionKey "LegalCopyright" "© Example"
VIAddVersionKey "OriginalFilename" "NotesSetup.exe"
Section
  SetOutPath "$INSTDIR"
  File "notes.txt"
SectionEnd
`

function wxs(arch: string): string {
  const folder = arch === 'x86' ? 'ProgramFilesFolder' : 'ProgramFiles64Folder'
  return `<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="12345678-1234-1234-1234-1234567890AB" Name="Notes – ñ" Language="1031" Version="1.4.7"
      Manufacturer="Example, Inc. &amp; Söhne" UpgradeCode="ABCDEFAB-1234-1234-1234-1234567890AB">
    <Package InstallerVersion="200" Compressed="yes" Comments="Notes" Manufacturer="Example" Platform="${arch}" />
    <Media Id="1" Cabinet="notes.cab" EmbedCab="yes" />
    <Property Id="ALLUSERS" Value="1" />
    <Property Id="ARPURLINFOABOUT" Value="https://example.com/" />
    <Directory Id="TARGETDIR" Name="SourceDir">
      <Directory Id="${folder}">
        <Directory Id="INSTALLDIR" Name="Notes">
          <Component Id="MainFile" Guid="87654321-1234-1234-1234-1234567890AB" ${arch === 'x86' ? '' : 'Win64="yes"'}>
            <File Id="Notes" Name="notes.txt" Source="notes.txt" KeyPath="yes" />
          </Component>
        </Directory>
      </Directory>
    </Directory>
    <Feature Id="Main" Level="1"><ComponentRef Id="MainFile" /></Feature>
  </Product>
</Wix>
`
}

const APPX_MANIFEST = `<?xml version="1.0" encoding="utf-8"?>
<Package xmlns="http://schemas.microsoft.com/appx/manifest/foundation/windows10"
    xmlns:uap="http://schemas.microsoft.com/appx/manifest/uap/windows10">
  <Identity Name="Example.Notes" Publisher="${PUBLISHER}" Version="1.4.0.7" ProcessorArchitecture="x64" />
  <Properties>
    <DisplayName>Notes &amp; more</DisplayName>
    <PublisherDisplayName>Example, Inc.</PublisherDisplayName>
    <Logo>Assets\\Logo.png</Logo>
  </Properties>
  <Resources><Resource Language="en-us" /></Resources>
  <Dependencies>
    <TargetDeviceFamily Name="Windows.Desktop" MinVersion="10.0.17763.0" MaxVersionTested="10.0.22621.0" />
  </Dependencies>
  <Capabilities><Capability Name="internetClient" /></Capabilities>
  <Applications>
    <Application Id="App" Executable="Notes.exe" EntryPoint="Windows.FullTrustApplication">
      <uap:VisualElements DisplayName="Notes" Description="Notes" BackgroundColor="transparent"
          Square150x150Logo="Assets\\Logo.png" Square44x44Logo="Assets\\Logo.png" />
    </Application>
  </Applications>
</Package>
`
const CONTENT_TYPES = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension="exe" ContentType="application/x-msdownload" />
  <Default Extension="png" ContentType="image/png" />
  <Override PartName="/AppxManifest.xml" ContentType="application/vnd.ms-appx.manifest+xml" />
  <Override PartName="/AppxBlockMap.xml" ContentType="application/vnd.ms-appx.blockmap+xml" />
  <Override PartName="/AppxSignature.p7x" ContentType="application/vnd.ms-appx.signature" />
</Types>
`

/** The certificate of every signer, beside the samples. */
export const SIGNER = '_signer.crt'
export const TIMESTAMPER = '_tsa.crt'

/** Windows programs, installers and packages, and the same signed in the ways that osslsigncode knows. */
export function builtWindows(): Promise<readonly Built[]> {
  needPrograms({ makensis: 'nsis', wixl: 'wixl', msiinfo: 'msitools', osslsigncode: 'osslsigncode', zip: 'zip' })
  return built(import.meta.url, async (folder) => {
    const usage = ['extendedKeyUsage=codeSigning', 'keyUsage=digitalSignature']
    const rsa = await keyPair(folder, '_signer', 'rsa', SUBJECT, usage)
    const ec = await keyPair(folder, '_ec', 'ec', SUBJECT, usage)
    const tsa = await keyPair(folder, '_tsa', 'rsa', '/CN=Time', ['extendedKeyUsage=critical,timeStamping'])
    writeFileSync(join(folder, '_notes.txt'), 'notes\n')
    writeFileSync(join(folder, 'notes.txt'), 'notes\n')

    writeFileSync(join(folder, '_setup.nsi'), NSIS)
    await told('makensis', ['-V2', '-INPUTCHARSET', 'UTF8', '_setup.nsi'], { cwd: folder })
    for (const arch of ['x86', 'x64']) {
      writeFileSync(join(folder, `_${arch}.wxs`), wxs(arch))
      await told('wixl', ['--arch', arch, '-o', `${arch}.msi`, `_${arch}.wxs`], { cwd: folder })
    }
    await told('rm', ['notes.txt'], { cwd: folder })
    const msix = await buildMsix(folder)
    const other = await sample('osslsigncode-2.5/tests/files/unsigned.exe')
    const otherMsi = await sample('osslsigncode-2.5/tests/files/unsigned.msi')

    const sign = async (from: string, to: string, key: KeyPair, ...options: string[]) => {
      const args = ['-certs', key.certificate, '-key', key.pem, ...options, '-in', from, '-out', join(folder, to)]
      await told('osslsigncode', ['sign', ...args])
    }
    const at = (name: string) => join(folder, name)
    const time = ['-TSA-certs', tsa.certificate, '-TSA-key', tsa.pem]
    for (const hash of ['sha1', 'sha256', 'sha384', 'sha512'])
      await sign(at('nsis.exe'), `nsis-${hash}.exe`, rsa, '-h', hash, '-n', 'Notes', '-i', 'https://example.com')
    await sign(at('nsis.exe'), 'nsis-ec.exe', ec, '-h', 'sha256')
    await sign(at('nsis.exe'), 'nsis-timestamped.exe', rsa, '-h', 'sha256', ...time)
    await sign(at('nsis-sha1.exe'), 'nsis-nested.exe', rsa, '-h', 'sha256', '-nest')
    await sign(other.file, 'unsigned-paged.exe', rsa, '-h', 'sha256', '-ph')
    for (const msi of ['x86.msi', 'x64.msi'])
      await sign(at(msi), msi.replace('.msi', '-signed.msi'), rsa, '-h', 'sha256', ...time)
    await sign(at('x64.msi'), 'x64-extended.msi', rsa, '-h', 'sha256', '-add-msi-dse')
    await sign(otherMsi.file, 'foobar-signed.msi', rsa, '-h', 'sha1')
    await sign(msix, 'notes-signed.msix', rsa, '-h', 'sha256')
  })
}

/** A ZIP with the parts of a package and the hashes of their blocks, which osslsigncode asks for and signs over. */
async function buildMsix(folder: string): Promise<string> {
  const tree = join(folder, '_msix')
  mkdirSync(join(tree, 'Assets'), { recursive: true })
  writeFileSync(join(tree, 'AppxManifest.xml'), APPX_MANIFEST)
  writeFileSync(join(tree, 'Notes.exe'), readFileSync(join(folder, 'nsis.exe')))
  writeFileSync(join(tree, 'Assets', 'Logo.png'), Buffer.alloc(3000, 'logo'))
  writeFileSync(join(tree, '[Content_Types].xml'), CONTENT_TYPES)
  const parts = ['AppxManifest.xml', 'Notes.exe', 'Assets/Logo.png']
  const files = parts.map((part) => blockMapOf(part, readFileSync(join(tree, part))))
  const map = `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<BlockMap xmlns="http://schemas.microsoft.com/appx/2010/blockmap" HashMethod="http://www.w3.org/2001/04/xmlenc#sha256">
${files.join('\n')}
</BlockMap>
`
  writeFileSync(join(tree, 'AppxBlockMap.xml'), map)
  const target = join(folder, 'notes.msix')
  // Stored, so that sizes of compressed blocks need no telling; osslsigncode writes the types anew, compressed.
  await told('zip', ['-q', '-X', '-0', target, ...parts, 'AppxBlockMap.xml'], { cwd: tree })
  await told('zip', ['-q', '-r', '-X', '-D', target, '.', '--include', '*Types*'], { cwd: tree })
  return target
}

const BLOCK_BYTES = 64 << 10

function blockMapOf(part: string, bytes: Buffer): string {
  const blocks: string[] = []
  for (let at = 0; at < bytes.byteLength; at += BLOCK_BYTES) {
    const hash = createHash('sha256').update(bytes.subarray(at, at + BLOCK_BYTES))
    blocks.push(`    <Block Hash="${hash.digest('base64')}"/>`)
  }
  const name = part.replaceAll('/', '\\')
  const headerBytes = 30 + Buffer.byteLength(part)
  return `  <File Name="${name}" Size="${bytes.byteLength}" LfhSize="${headerBytes}">\n${blocks.join('\n')}\n  </File>`
}
