import { buildIpa } from '../fixtures/build-ipa.ts'
import { buildPng } from '../fixtures/build-png.ts'
import type { PublishedFile } from './test-app.ts'

/** A PNG of one colour. @param shade 0 to 255 */
export const pictureOf = (width: number, shade = 200) =>
  buildPng({ width, height: width, filters: [0], pixel: () => [shade, 120, 40, 255] })

/** An IPA that carries this picture. */
export function pictured(fileName: string, picture: Uint8Array, version = '1.0.0'): PublishedFile {
  const bytes = buildIpa({
    version,
    info: { CFBundleIcons: { CFBundlePrimaryIcon: { CFBundleIconFiles: ['AppIcon60x60'] } } },
    extra: [{ name: 'Payload/Notes.app/AppIcon60x60@2x.png', data: picture }],
  })
  return { fileName, platform: 'ios', bytes: Uint8Array.from(bytes) }
}
