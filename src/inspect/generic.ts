import { decodeLatin1 } from '../formats/decode-text.ts'
import type { Inspector } from './inspector.ts'

/** Software bills of materials in JSON: CycloneDX (`bomFormat`) and SPDX (`spdxVersion`), which name themselves early. */
export const sbomInspector: Inspector = {
  name: 'sbom',
  format: 'sbom',
  async sniff(head) {
    const text = decodeLatin1(head.subarray(0, 64))
    return (
      /^(?:\u00ef\u00bb\u00bf)?\s*\{/.test(text) &&
      /"bomFormat"\s*:\s*"CycloneDX"|"spdxVersion"\s*:\s*"SPDX-/.test(decodeLatin1(head))
    )
  },
  async inspect() {
    return { inspection: { format: 'sbom', platform: 'any', arch: 'any', install: 'file' }, checks: [] }
  },
}

/** Any bytes: nothing is known but that they are there, and that is no error. */
export const genericInspector: Inspector = {
  name: 'generic',
  format: 'file',
  async sniff() {
    return true
  },
  async inspect() {
    return { inspection: { format: 'file', install: 'file' }, checks: [] }
  },
}
