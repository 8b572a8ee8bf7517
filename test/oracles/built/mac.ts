import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { needPrograms } from '../../helpers/debian.ts'
import { samples } from '../samples.ts'
import { told } from '../tool.ts'
import { type Built, built } from './built.ts'

const DISTRIBUTION = `<?xml version="1.0" encoding="utf-8"?>
<installer-gui-script minSpecVersion="2">
  <title>Notes &amp; “more”</title>
  <options customize="never" hostArchitectures="arm64,x86_64"/>
  <volume-check><allowed-os-versions><os-version min="12.0"/></allowed-os-versions></volume-check>
  <choices-outline><line choice="default"/></choices-outline>
  <choice id="default"><pkg-ref id="com.example.notes"/></choice>
  <pkg-ref id="com.example.notes" version="1.4.0" onConclusion="none">#notes.pkg</pkg-ref>
  <product id="com.example.notes.product" version="1.4.0-rc.1"/>
</installer-gui-script>
`
const PACKAGE_INFO = `<?xml version="1.0" encoding="utf-8"?>
<pkg-info format-version="2" identifier="com.example.notes" version="1.4.0" install-location="/Applications" auth="root">
  <payload numberOfFiles="3" installKBytes="12"/>
</pkg-info>
`

/** Sectors of the image within the disk image, beside it. */
export const IMAGE = '_image.iso'

/** An application of others in a ZIP, installer packages of bsdtar, and disk images around a file system. */
export function builtMac(): Promise<readonly Built[]> {
  needPrograms({ zip: 'zip', bsdtar: 'libarchive-tools', genisoimage: 'genisoimage' })
  return built(import.meta.url, async (folder) => {
    const app = join(folder, '_app')
    for (const member of await samples(({ path }) => path.includes('/terminal-notifier.app/'))) {
      const target = join(app, member.path.slice(member.path.indexOf('terminal-notifier.app')))
      mkdirSync(dirname(target), { recursive: true })
      copyFileSync(member.file, target)
    }
    await told('zip', ['-q', '-r', '-X', '-y', join(folder, 'app.zip'), 'terminal-notifier.app'], { cwd: app })

    const product = join(folder, '_product')
    mkdirSync(join(product, 'notes.pkg'), { recursive: true })
    writeFileSync(join(product, 'Distribution'), DISTRIBUTION)
    for (const place of [join(product, 'notes.pkg'), join(folder, '_component')]) {
      mkdirSync(place, { recursive: true })
      writeFileSync(join(place, 'PackageInfo'), PACKAGE_INFO)
      writeFileSync(join(place, 'Payload'), Buffer.alloc(9000, 'payload'))
      writeFileSync(join(place, 'Bom'), Buffer.alloc(100, 'bom'))
    }
    for (const compression of ['gzip', 'none', 'bzip2'])
      await xar(product, join(folder, `product-${compression}.pkg`), compression)
    await xar(join(folder, '_component'), join(folder, 'component.pkg'), 'gzip')

    const image = join(folder, IMAGE)
    await told('genisoimage', ['-quiet', '-V', 'Notes', '-D', '-R', '-apple', '-no-pad', '-o', image, product])
    writeFileSync(join(folder, 'plain.dmg'), diskImage(readFileSync(image)))
  })
}

/** As bsdtar has it, members are named as they are given: without a leading `./`. */
function xar(tree: string, target: string, compression: string): Promise<Buffer> {
  const script = 'bsdtar --format=xar --options "xar:compression=$2" -c -f "$1" *'
  return told('sh', ['-c', script, 'sh', target, compression], { cwd: tree })
}

const SECTOR_BYTES = 512

/** An image in one run without compression, with its list of runs and the trailer of UDIF behind it. */
function diskImage(image: Buffer): Buffer {
  const sectors = Math.ceil(image.byteLength / SECTOR_BYTES)
  const data = Buffer.concat([image, Buffer.alloc(sectors * SECTOR_BYTES - image.byteLength)])
  const list = runList(sectors, data.byteLength).toString('base64')
  const plist = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict><key>resource-fork</key><dict><key>blkx</key><array><dict>
<key>Attributes</key><string>0x0050</string><key>CFName</key><string>whole disk</string>
<key>Data</key><data>${list}</data><key>ID</key><string>0</string><key>Name</key><string>whole disk</string>
</dict></array></dict></dict></plist>
`)
  const koly = Buffer.alloc(SECTOR_BYTES)
  koly.write('koly', 0, 'latin1')
  koly.writeUInt32BE(4, 4) // version
  koly.writeUInt32BE(SECTOR_BYTES, 8)
  koly.writeUInt32BE(1, 12) // flags
  koly.writeBigUInt64BE(BigInt(data.byteLength), 32) // length of the data
  koly.writeUInt32BE(1, 56) // segment
  koly.writeUInt32BE(1, 60) // segments
  koly.writeBigUInt64BE(BigInt(data.byteLength), 216) // place of the property list
  koly.writeBigUInt64BE(BigInt(plist.byteLength), 224)
  koly.writeUInt32BE(1, 488) // image of a device
  koly.writeBigUInt64BE(BigInt(sectors), 492)
  return Buffer.concat([data, plist, koly])
}

/** `mish`: two runs of sectors, all of them as they are, and the end. */
function runList(sectors: number, bytes: number): Buffer {
  const list = Buffer.alloc(204 + 2 * 40)
  list.write('mish', 0, 'latin1')
  list.writeUInt32BE(1, 4) // version
  list.writeBigUInt64BE(BigInt(sectors), 16)
  list.writeUInt32BE(2048, 32) // buffers
  list.writeUInt32BE(2, 200) // runs
  list.writeUInt32BE(1, 204) // without compression
  list.writeBigUInt64BE(BigInt(sectors), 204 + 16)
  list.writeBigUInt64BE(BigInt(bytes), 204 + 32)
  list.writeUInt32BE(0xffffffff, 244)
  list.writeBigUInt64BE(BigInt(sectors), 244 + 8)
  list.writeBigUInt64BE(BigInt(bytes), 244 + 24)
  return list
}
