import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { needPrograms } from '../../helpers/debian.ts'
import { told } from '../tool.ts'
import { type Built, built } from './built.ts'

/** `_binary_payload` of rpmbuild, by what the header calls it. */
const COMPRESSIONS: Readonly<Record<string, string>> = {
  gzip: 'w9.gzdio',
  xz: 'w6.xzdio',
  zstd: 'w3.zstdio',
  bzip2: 'w9.bzdio',
  lzma: 'w6.lzdio',
  none: 'w.ufdio',
}
const KEY_NAME = 'Oracle Tests <oracle@example.com>'

const SPEC = `Name: notes
Epoch: 2
Version: 1.4.0~rc1
Release: 3%{?dist}
Summary: Notes – ñ 記
License: MIT and CC0
URL: https://example.com/?a=b
Vendor: Example, Inc.
Group: Applications/Text
Requires: bash >= 4
Requires: notes-data = 2:1.4.0~rc1-3, notes-theme < 2, notes-sounds <= 1:2
Requires: (notes-gui if desktop-base > 10)
Requires(pre): /bin/sh
Conflicts: old-notes

%description
Writes notes,
 – and reads them.

	Indented.

%install
mkdir -p %{buildroot}/usr/share/notes
echo notes > %{buildroot}/usr/share/notes/notes.txt

%files
/usr/share/notes/notes.txt
`

/** Packages in each compression, as binary and source, unsigned and signed by RSA and EdDSA keys. */
export function builtRpms(): Promise<readonly Built[]> {
  needPrograms({ rpmbuild: 'rpm', rpmsign: 'rpm', gpg: 'gnupg' })
  return built(import.meta.url, async (folder) => {
    const tree = join(folder, '_tree')
    mkdirSync(tree)
    writeFileSync(join(tree, 'notes.spec'), SPEC)
    const build = async (kind: string, name: string, ...defines: string[]) => {
      const all = [
        `_topdir ${tree}`,
        `_rpmdir ${tree}/out`,
        `_srcrpmdir ${tree}/out`,
        '_build_name_fmt built.rpm',
        ...defines,
      ]
      const args = all.flatMap((define) => ['--define', define])
      await told('rpmbuild', ['--quiet', kind, '--target', 'aarch64', ...args, join(tree, 'notes.spec')])
      await told('sh', ['-c', 'mv "$1"/out/*.rpm "$2"', 'sh', tree, join(folder, name)])
    }
    for (const [name, payload] of Object.entries(COMPRESSIONS))
      await build('-bb', `${name}.rpm`, `_binary_payload ${payload}`)
    await build('-bb', 'sha512.rpm', '_binary_filedigest_algorithm 10')
    await build('-bs', 'source.rpm')

    const home = join(folder, '_gnupg')
    mkdirSync(home, { mode: 0o700 })
    // rpmsign starts gpg, whose agent answers on a socket in this folder, and paths of sockets are short.
    const env = { GNUPGHOME: await shortLink(home) }
    for (const kind of ['rsa3072', 'ed25519']) {
      const batch = ['--batch', '--quiet', '--passphrase', '', '--quick-generate-key']
      const name = KEY_NAME.replace('Tests', kind)
      await told('gpg', [...batch, name, kind, 'sign', 'never'], { env })
      const target = join(folder, `signed-${kind}.rpm`)
      await told('cp', [join(folder, 'zstd.rpm'), target])
      await told('rpmsign', ['--define', '__gpg /usr/bin/gpg', '--define', `_gpg_name ${name}`, '--addsign', target], {
        env,
      })
    }
    await told('gpgconf', ['--kill', 'all'], { env })
    rmSync(env.GNUPGHOME)
  })
}

async function shortLink(folder: string): Promise<string> {
  const link = String(await told('mktemp', ['-u', '/tmp/gpg-XXXXXX'])).trim()
  await told('ln', ['-s', folder, link])
  return link
}
