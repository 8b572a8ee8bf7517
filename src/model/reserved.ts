/** Words that mean something in a URL and can therefore not be names. See the URL table in README. */
const RESERVED_SLUGS = new Set(
  `api admin apt rpm feeds sets s preview schema login logout setup healthz readyz metrics fdroid catalog blobs v2 put
  install account static assets favicon.ico robots.txt well-known`.split(/\s+/),
)
const RESERVED_CHANNELS = new Set(['releases', 'branches', 'latest', 'announcements', 'download', 'update'])
const RESERVED_FILE_NAMES = new Set([
  'download',
  'update',
  'manifest.plist',
  'sha256.sum',
  'install.sh',
  'install.ps1',
  'qr.svg',
  'icon.png',
])

export function isReservedSlug(slug: string): boolean {
  return slug.startsWith('.') || RESERVED_SLUGS.has(slug)
}

export function isReservedChannel(name: string): boolean {
  return RESERVED_CHANNELS.has(name)
}

/** Compared without case: `QR.SVG` would shadow `qr.svg` on some clients. */
export function isReservedFileName(name: string): boolean {
  return RESERVED_FILE_NAMES.has(name.toLowerCase())
}
