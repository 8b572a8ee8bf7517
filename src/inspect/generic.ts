import type { Inspector } from './inspector.ts'

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
