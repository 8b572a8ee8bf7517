import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildAppleSigner } from '../../../test/fixtures/apple-signer.ts'
import { buildAppZip } from '../../../test/fixtures/build-app-zip.ts'
import { buildSignedMacho, type SignedMachoOptions } from '../../../test/fixtures/build-code-signature.ts'
import { buildIpa, ipaInfoPlist } from '../../../test/fixtures/build-ipa.ts'
import { bytesSource } from '../../bytes/byte-source.ts'
import { inspectArtifact } from '../inspect.ts'

const signer = await buildAppleSigner()
const BUILDS = {
  macho: (options: SignedMachoOptions) => buildSignedMacho({ flags: 0, ...options }),
  app: (options: SignedMachoOptions) => buildAppZip((files) => buildSignedMacho({ flags: 0, ...files, ...options })),
  async ipa(options: SignedMachoOptions) {
    const program = await buildSignedMacho({ flags: 0, platform: 2, infoPlist: ipaInfoPlist(), ...options })
    return buildIpa({ program })
  },
}

/** What is found of a signature that was not verified. */
async function unverified(bytes: Uint8Array): Promise<string[]> {
  const { inspection, checks } = await inspectArtifact(bytesSource(bytes))
  assert.deepEqual(inspection.signatures, [signer.facts('unverified')])
  return checks.map(({ level, code }) => `${level} ${code}`).filter((text) => /unverified|encrypted/.test(text))
}

test('readProgramSignature() warns of a signature that names somebody and cannot be verified', async () => {
  for (const [family, build] of Object.entries(BUILDS)) {
    const bytes = await build({ cms: signer.unverifiedCms })
    assert.deepEqual(await unverified(bytes), [`warning ${family}.signature_unverified`])
  }
})

test('readProgramSignature() warns of encrypted code where no store encrypts', async () => {
  for (const [family, build] of Object.entries(BUILDS)) {
    const bytes = await build({ cms: signer.cms, cryptId: 1 })
    const expected = family === 'ipa' ? 'ipa.app_store_encrypted' : `${family}.signature_unverified`
    assert.deepEqual(await unverified(bytes), [`warning ${expected}`])
  }
})
