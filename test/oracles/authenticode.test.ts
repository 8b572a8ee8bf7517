import assert from 'node:assert/strict'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import type { InspectionReport } from '../../src/model/inspection.ts'
import { builtWindows, SIGNER, TIMESTAMPER } from './built/windows.ts'
import { certificateOf } from './certificates.ts'
import { flippedCopies } from './flipped.ts'
import { type AuthenticodeVerdict, type Authorities, oldForm, osslsigncodeSays } from './osslsigncode.ts'
import { inspectFile } from './ours.ts'
import { nameOf, samples } from './samples.ts'
import { told } from './tool.ts'

const FLIPS = 40

const others = await samples(({ origin, path }) => /\.(?:exe|dll|msi)$/.test(path) && !origin.includes('diffoscope'))
const ours = await builtWindows()
const folder = dirname(ours[0]!.file)
const trusted: Authorities = { signers: join(folder, SIGNER), timestampers: join(folder, TIMESTAMPER) }
const signer = await certificateOf(trusted.signers)

for (const sample of others) {
  test(`${nameOf(sample)}: signatures are those of osslsigncode`, async () => {
    const report = await inspectFile(sample.file)
    // Whom it trusts is not asked, so only the digests and the names count.
    const { verdicts, said } = await osslsigncodeSays(sample.file)
    compare(report, verdicts, said, ({ digestsMatch }) => digestsMatch)
  })
}

for (const { name, file } of ours) {
  test(`${name}: signatures are those of osslsigncode`, async () => {
    const report = await inspectFile(file)
    const isEc = name.includes('-ec')
    const { verdicts, said } = await osslsigncodeSays(
      file,
      isEc ? { ...trusted, signers: join(folder, '_ec.crt') } : trusted,
    )
    assert.equal(verdicts.length > 0, /-/.test(basename(file)), said)
    compare(report, verdicts, said, ({ digestsMatch, isVerified }) => digestsMatch && isVerified)
    assert.ok(verdicts.every(({ isVerified }) => isVerified))
    for (const { certificateSha256 } of isEc ? [] : (report.inspection.signatures ?? []))
      assert.equal(certificateSha256, signer.certificateSha256)
  })
}

function compare(
  report: InspectionReport,
  verdicts: readonly AuthenticodeVerdict[],
  said: string,
  isValid: (verdict: AuthenticodeVerdict) => boolean,
): void {
  assert.deepEqual(
    (report.inspection.signatures ?? []).map((signature) => ({
      isValid: signature.state === 'valid',
      subject: oldForm(signature.signer ?? ''),
      validFrom: signature.validFrom,
      validTo: signature.validTo,
      signedAt: signature.signedAt,
    })),
    verdicts.map((verdict) => ({
      isValid: isValid(verdict),
      subject: verdict.subject,
      validFrom: verdict.validFrom,
      validTo: verdict.validTo,
      signedAt: verdict.signedAt,
    })),
    said,
  )
}

for (const end of ['nsis-sha256.exe', 'x64-signed.msi', 'x64-extended.msi', 'notes-signed.msix']) {
  const { file } = ours.find(({ name }) => name === `built ${end}`)!
  for (const copy of flippedCopies(file, FLIPS)) {
    test(`${copy.name}: the signature holds where osslsigncode says so`, async () => {
      const report = await inspectFile(copy.file)
      const { verdicts, said } = await osslsigncodeSays(copy.file, trusted)
      const signatures = report.inspection.signatures ?? []
      const holds = signatures.length > 0 && signatures.every(({ state }) => state === 'valid')
      const shouldHold =
        verdicts.length > 0 && verdicts.every(({ digestsMatch, isVerified }) => digestsMatch && isVerified)
      // We trust nobody: a certificate that was changed beside its key still verifies, and is another one.
      if (holds && signatures.some(({ certificateSha256 }) => certificateSha256 !== signer.certificateSha256)) return
      // It gives up on fields of a compound file that lead to no byte of a stream; others read on, as Windows does.
      if (holds && verdicts.length === 0 && end.endsWith('.msi')) {
        await told('msiinfo', ['suminfo', copy.file])
        return
      }
      assert.equal(holds, shouldHold, `${JSON.stringify(report.inspection.signatures)}\n${said}`)
    })
  }
}
