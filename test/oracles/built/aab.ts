import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needPrograms } from '../../helpers/debian.ts'
import { told } from '../tool.ts'
import { linkResources } from './apk.ts'
import { type Built, built } from './built.ts'
import { keyPair } from './keys.ts'

/** The package that bundletool would make of the bundle, without its code: what aapt reads. */
export const CONVERTED = '_converted.apk'
/** The certificate of the signer. */
export const UPLOADER = '_upload.crt'

const PASSWORD = 'oracles'

/** Android app bundles of one module, and of two, unsigned and signed by jarsigner. */
export function builtAabs(): Promise<readonly Built[]> {
  needPrograms({ zip: 'zip', unzip: 'unzip', jarsigner: 'default-jdk-headless', openssl: 'openssl' })
  return built(import.meta.url, async (folder) => {
    const proto = await linkResources(folder, '--proto-format')
    await told('aapt2', ['convert', '--output-format', 'binary', '-o', join(folder, CONVERTED), proto])
    const tree = join(folder, '_bundle')
    for (const module of ['base', 'extra']) {
      const target = join(tree, module)
      mkdirSync(join(target, 'manifest'), { recursive: true })
      await told('unzip', ['-q', '-o', proto, '-d', target])
      await told('mv', [join(target, 'AndroidManifest.xml'), join(target, 'manifest')])
      mkdirSync(join(target, 'lib', 'arm64-v8a'), { recursive: true })
      writeFileSync(join(target, 'lib', 'arm64-v8a', 'libnotes.so'), Buffer.alloc(2000, module))
    }
    // bundletool { version: "1.15.6" }
    writeFileSync(join(tree, 'BundleConfig.pb'), Buffer.concat([Buffer.from([10, 8, 18, 6]), Buffer.from('1.15.6')]))
    const one = join(folder, 'one-module.aab')
    await told('zip', ['-q', '-r', '-X', '-D', one, 'BundleConfig.pb', 'base'], { cwd: tree })
    await told('zip', ['-q', '-r', '-X', '-D', join(folder, 'two-modules.aab'), '.'], { cwd: tree })

    const key = await keyPair(folder, '_upload', 'rsa')
    const store = join(folder, '_upload.p12')
    const pair = ['-inkey', key.pem, '-in', key.certificate, '-name', 'upload', '-passout', `pass:${PASSWORD}`]
    await told('openssl', ['pkcs12', '-export', ...pair, '-out', store])
    const signed = join(folder, 'signed.aab')
    await told('jarsigner', ['-keystore', store, '-storepass', PASSWORD, '-signedjar', signed, one, 'upload'])
  })
}
